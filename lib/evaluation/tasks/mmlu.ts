import { DocumentError, place, text, texts } from "../documents/document.ts";
import { strip } from "../../python/python_text.ts";
import type { ChoiceTask, TaskGroup } from "../task.ts";

/** Subjects by field. */
const FIELDS: Readonly<Record<string, string>> = {
  stem: `abstract_algebra anatomy astronomy college_biology college_chemistry
    college_computer_science college_mathematics college_physics computer_security
    conceptual_physics electrical_engineering elementary_mathematics high_school_biology
    high_school_chemistry high_school_computer_science high_school_mathematics
    high_school_physics high_school_statistics machine_learning`,
  other: `business_ethics clinical_knowledge college_medicine global_facts human_aging management
    marketing medical_genetics miscellaneous nutrition professional_accounting
    professional_medicine virology`,
  social_sciences: `econometrics high_school_geography high_school_government_and_politics
    high_school_macroeconomics high_school_microeconomics high_school_psychology human_sexuality
    professional_psychology public_relations security_studies sociology us_foreign_policy`,
  humanities: `formal_logic high_school_european_history high_school_us_history
    high_school_world_history international_law jurisprudence logical_fallacies moral_disputes
    moral_scenarios philosophy prehistory professional_law world_religions`,
};
const LETTERS = ["A", "B", "C", "D"];

const spaced = (name: string) => name.replaceAll("_", " ");
const subjectsOf = (field: string) => FIELDS[field].split(/\s+/);

const subject = (name: string): ChoiceTask => ({
  kind: "choice",
  name: `mmlu_${name}`,
  alias: name,
  version: 1,
  data: {
    repository: "cais/mmlu",
    configuration: name,
    split: "test",
    exampleSplit: "dev",
    firstExamples: true,
  },
  description: `The following are multiple choice questions (with answers) about ${
    spaced(name)
  }.\n\n`,
  metrics: ["acc"],
  ask(document) {
    const choices = texts(document, "choices");
    if (choices.length < LETTERS.length) {
      throw new DocumentError(`choices are ${choices.length}, want ${LETTERS.length}`);
    }
    return {
      prompt: [
        strip(text(document, "question")),
        ...LETTERS.map((letter, i) => `${letter}. ${choices[i]}`),
        "Answer:",
      ].join("\n"),
      answers: LETTERS,
      right: place(document, "answer", LETTERS.length),
    };
  },
});

/** Exam questions in 57 subjects. */
export const mmluSubjects: readonly ChoiceTask[] = Object.keys(FIELDS)
  .flatMap((field) => subjectsOf(field).map(subject));

/** Groups: all subjects, and the subjects of each field. */
export const mmluGroups: readonly TaskGroup[] = [
  {
    name: "mmlu",
    version: 2,
    members: Object.keys(FIELDS).map((field) => `mmlu_${field}`),
    aggregate: true,
  },
  ...Object.keys(FIELDS).map((field): TaskGroup => ({
    name: `mmlu_${field}`,
    alias: spaced(field),
    version: 2,
    members: subjectsOf(field).map((name) => `mmlu_${name}`),
    aggregate: true,
  })),
];
