// The shared library called from Rust: `wordgru ENGLISH`.
use std::ffi::{c_char, c_void, CStr, CString};
use std::ptr::{null, null_mut};

#[link(name = "wordgru")]
extern "C" {
    fn wordgru_abi() -> i32;
    fn wordgru_message() -> *const c_char;
    fn wordgru_load(folder: *const c_char, options: *const c_void, predictor: *mut *mut c_void) -> i32;
    fn wordgru_predictor_free(predictor: *mut c_void);
    fn wordgru_session_new(predictor: *const c_void, session: *mut *mut c_void) -> i32;
    fn wordgru_session_append(session: *mut c_void, text: *const u8, size: usize) -> i32;
    fn wordgru_session_suggest(session: *mut c_void, query: *const c_void, found: *mut *mut c_void) -> i32;
    fn wordgru_session_free(session: *mut c_void);
    fn wordgru_suggestions_count(found: *const c_void) -> usize;
    fn wordgru_suggestions_word(found: *const c_void, index: usize, size: *mut usize) -> *const c_char;
    fn wordgru_suggestions_free(found: *mut c_void);
}

fn check(status: i32) -> Result<(), String> {
    if status == 0 {
        return Ok(());
    }
    Err(unsafe { CStr::from_ptr(wordgru_message()) }.to_str().unwrap().to_owned())
}

fn suggest(folder: &str, text: &str) -> Result<Vec<String>, String> {
    let folder = CString::new(folder).unwrap();
    let (mut predictor, mut session, mut found) = (null_mut(), null_mut(), null_mut());
    unsafe {
        check(wordgru_load(folder.as_ptr(), null(), &mut predictor))?;
        check(wordgru_session_new(predictor, &mut session))?;
        wordgru_predictor_free(predictor);
        check(wordgru_session_append(session, text.as_ptr(), text.len()))?;
        check(wordgru_session_suggest(session, null(), &mut found))?;
        let words = (0..wordgru_suggestions_count(found)).map(|at| {
            let word = CStr::from_ptr(wordgru_suggestions_word(found, at, null_mut()));
            word.to_str().unwrap().to_owned()
        });
        let words = words.collect();
        wordgru_suggestions_free(found);
        wordgru_session_free(session);
        Ok(words)
    }
}

fn main() {
    assert_eq!(unsafe { wordgru_abi() }, 1);
    let english = std::env::args().nth(1).expect("usage: wordgru ENGLISH");
    let words = suggest(&english, "the num").unwrap();
    assert_eq!((words.len(), words[0].as_str()), (3, "number"));
    assert!(suggest("nowhere", "").unwrap_err().starts_with("nowhere: no such folder"));
    println!("all held");
}
