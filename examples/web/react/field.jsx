import { useEffect, useRef } from "react";
import { attach } from "wordgru";

/** A textarea that offers words of the bundle at the address `model`. */
export function Field({ model, ...given }) {
  const field = useRef(null);
  useEffect(() => {
    const offers = attach(field.current, model);
    return () => offers.detach();
  }, [model]);
  return <textarea ref={field} {...given} />;
}
