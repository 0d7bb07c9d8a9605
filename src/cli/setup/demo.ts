/** `demo`: four organisations on this machine, to look at and to break. */
import path from 'node:path';
import { Command, Option } from 'commander';
import { defaultDemoDirectory } from '../../demo/demo-folder.js';
import { killDemoNode, resetDemo, startDemoNode } from '../../demo/demo-session.js';
import {
  describeTampering,
  TAMPER_TABLES,
  tamperWithDemo,
  type TamperTable,
} from '../../demo/demo-tampering.js';
import { runDemo } from '../../demo/run-demo.js';
import { EXIT_CODE } from '../exit-code.js';
import { terminalOf } from '../terminal.js';

interface DirectoryOption {
  readonly directory: string;
}

interface UpOptions extends DirectoryOption {
  readonly file?: string;
  readonly exit?: boolean;
}

function withDirectory(command: Command): Command {
  return command.option('--directory <folder>', 'where the demo keeps its files', defaultDemoDirectory);
}

function upCommand(): Command {
  return withDirectory(new Command('up'))
    .description('start four organisations, record a supply chain, keep events flowing (the default)')
    .option('--file <file>', 'replay EPCIS documents of your own instead of the samples, one a line')
    .option('--exit', 'stop after the replay, with a summary')
    .action(async ({ directory, file, exit = false }: UpOptions, command: Command) => {
      const terminal = terminalOf(command);
      const sound = await runDemo(
        { directory, exit, ...(file === undefined ? {} : { file: path.resolve(file) }) },
        terminal,
      );
      if (!sound) process.exitCode = EXIT_CODE.failed;
    });
}

function killCommand(): Command {
  return withDirectory(new Command('kill'))
    .description('end one node as a crash would, from another shell; consensus goes on with three of four')
    .argument('<organisation>')
    .action(async (organisation: string, { directory }: DirectoryOption, command: Command) => {
      await killDemoNode(directory, organisation);
      terminalOf(command).data({ organisation, running: false }, () => `${organisation} was killed`);
    });
}

function startNodeCommand(): Command {
  return withDirectory(new Command('start'))
    .description('start a killed node again; it catches up with the others')
    .argument('<organisation>')
    .action(async (organisation: string, { directory }: DirectoryOption, command: Command) => {
      await startDemoNode(directory, organisation);
      terminalOf(command).data({ organisation, running: true }, () => `${organisation} runs again`);
    });
}

function tamperCommand(): Command {
  return withDirectory(new Command('tamper'))
    .description("change a row behind a node's back, and watch the node find it")
    .argument('[organisation]', 'whose database', 'initech')
    .addOption(
      new Option('--table <table>', 'what is changed').choices(TAMPER_TABLES).default('transactions'),
    )
    .action(
      async (
        organisation: string,
        { directory, table }: DirectoryOption & { readonly table: TamperTable },
        command: Command,
      ) => {
        const terminal = terminalOf(command);
        const result = await tamperWithDemo(directory, organisation, table, (text) => terminal.message(text));
        terminal.data(result, () => describeTampering(result));
      },
    );
}

function resetCommand(): Command {
  return withDirectory(new Command('reset'))
    .description('wipe the ledgers, keys and databases of a stopped demo')
    .action(async ({ directory }: DirectoryOption, command: Command) => {
      await resetDemo(directory);
      terminalOf(command).data({ directory, removed: true }, () => `${directory} is wiped`);
    });
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('four organisations on this machine; NOT FOR PRODUCTION')
    .addCommand(upCommand(), { isDefault: true })
    .addCommand(killCommand())
    .addCommand(startNodeCommand())
    .addCommand(tamperCommand())
    .addCommand(resetCommand())
    .addHelpText(
      'after',
      `
A line of --file is an EPCIS 2.0 document, captured byte for byte as it stands, or {"submitter": TEXT, "document": …}.
A submitter belongs to organisation number SHA-256(UTF-8 of TEXT) as a big-endian number mod 4, in the order acme,
globex, initech, umbrella; a document without one belongs to acme. Running again continues the ledger.

Examples:
  countersign demo
  countersign demo --file events.ndjson --exit --json
  countersign demo kill globex
  countersign demo reset`,
    );
}
