import type { Peer } from "../swarm/peer.ts";
import { freshState, type PeerState, peerStateOf } from "../swarm/peer_state.ts";
import type { HostedNode } from "./run_node.ts";

/** Adapts a peer to `runNode`. */
export function hostedPeer(peer: Peer): HostedNode<PeerState> {
  const { learner, store } = peer.dependencies;
  return {
    store,
    fresh: (parameters) => freshState(learner.shapes, parameters),
    restore: (snapshot) => peerStateOf(snapshot, learner),
    windowOf: ({ window }) => window,
    runWindow: (state) => peer.runWindow(state),
  };
}
