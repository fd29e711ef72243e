// Starts `wordgru lsp` for the languages that package.json names, with the settings of the one who types.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");
const { activationEvents } = require("./package.json");

let client;

exports.activate = async () => {
  const settings = workspace.getConfiguration("wordgru");
  const [command, ...args] = settings.get("command");
  const documentSelector = activationEvents.map((event) => ({ language: event.replace("onLanguage:", "") }));
  const initializationOptions = { typist: settings.get("typist") };
  client = new LanguageClient("wordgru", { command, args }, { documentSelector, initializationOptions });
  await client.start();
};

exports.deactivate = () => client?.stop();
