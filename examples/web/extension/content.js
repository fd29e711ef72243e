// In every page: the fields are here, the words come from the extension's own process.
import(chrome.runtime.getURL("wordgru/index.js")).then(({ attach }) => {
  const session = () => {
    let text = "";
    const set = (before) => {
      text = before;
    };
    const suggest = async (options) => {
      const answer = await chrome.runtime.sendMessage({ text, options });
      if (answer.error) throw new Error(answer.error);
      return answer;
    };
    return { set, suggest };
  };
  attach(document, { session });
});
