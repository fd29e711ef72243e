import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { Field } from "./field.jsx";

function Page() {
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(true);
  return (
    <>
      <p>
        <label htmlFor="message">Your message</label>
      </p>
      {isOpen && (
        <Field
          id="message"
          model="model/"
          rows={6}
          cols={40}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      <p>
        React has <output>{text.length}</output> characters.{" "}
        <button type="button" onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Close" : "Open"}
        </button>
      </p>
    </>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
