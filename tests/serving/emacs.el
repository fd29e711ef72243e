;; Types "the ca" into the file that is named, takes the first word offered; is offered words in an address, as the
;; settings say; types a line with a slip, waits until it is marked, takes the first quick fix; saves and ends.
(setq native-comp-deferred-compilation nil)
(unless (require 'eglot nil t) ; a part of Emacs from 29 on, a package before
  (package-initialize)
  (require 'eglot))
(load (getenv "WORDGRU_SETTINGS"))

(defun wordgru-wait (what done)
  (let ((end (+ (float-time) 30)))
    (while (not (funcall done))
      (when (> (float-time) end) (error "%s" what))
      (accept-process-output nil 0.05))))

(defun wordgru-take ()
  (pcase-let* ((`(,start ,end ,table . ,rest) (eglot-completion-at-point))
               (first (car (all-completions (buffer-substring-no-properties start end) table))))
    (delete-region start end)
    (insert first)
    (funcall (plist-get rest :exit-function) first 'finished)
    (goto-char (point-max))))

(find-file (car command-line-args-left))
(insert "the ca")
(run-hooks 'post-command-hook) ; where `eglot-ensure' waits for the editor
(wordgru-wait "no server" #'eglot-current-server)
(wordgru-take)
(insert "\nto anna@ca")
(wordgru-take)
(insert "\nI dont know.")
(eglot--signal-textDocument/didChange)
(flymake-start)
(wordgru-wait "no slip is marked" #'flymake-diagnostics)
(goto-char (flymake-diagnostic-beg (car (flymake-diagnostics))))
(let* ((actions (eglot-code-actions (point) (point)))
       (fix (seq-find (lambda (each) (string-prefix-p "Replace" (plist-get each :title))) actions)))
  (eglot--apply-workspace-edit (plist-get fix :edit)))
(save-buffer)
(eglot-shutdown (eglot-current-server))
