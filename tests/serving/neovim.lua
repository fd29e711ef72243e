-- Types "the ca" into the file that is open, takes the first word offered; types a line with a slip, waits until it is
-- marked, takes the first quick fix; is offered words in an address, as the options of its start say; saves and ends.
-- Prints how long each letter took from key to offers.
local python = os.getenv("WORDGRU_PYTHON")
local id = vim.lsp.start_client({
  name = "wordgru",
  cmd = { python, "-m", "wordgru", "lsp", "--no-phrases" },
  init_options = { typist = { addresses = true } },
})
assert(vim.wait(20000, function() local c = vim.lsp.get_client_by_id(id); return c and c.initialized end, 20))
vim.lsp.buf_attach_client(0, id)

local function offers()
  local cursor = vim.api.nvim_win_get_cursor(0)
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(),
    position = { line = cursor[1] - 1, character = #vim.api.nvim_get_current_line() },
  }
  local found = vim.lsp.buf_request_sync(0, "textDocument/completion", params, 5000)
  return assert(found[id].result, "no answer").items
end

local waits, items = {}, nil
for letter in (os.getenv("WORDGRU_TYPED") or "the ca"):gmatch(".") do
  local began = vim.loop.hrtime()
  vim.api.nvim_feedkeys("A" .. letter, "xt", false)
  items = offers()
  table.insert(waits, (vim.loop.hrtime() - began) / 1e6)
end
vim.lsp.util.apply_text_edits({ items[1].textEdit }, 0, "utf-16")

vim.cmd("normal! oI dont know.")
assert(vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 20), "no slip is marked")
local mark = vim.diagnostic.get(0)[1]
vim.api.nvim_win_set_cursor(0, { mark.lnum + 1, mark.col })
local params = vim.lsp.util.make_range_params()
params.context = { diagnostics = {} }
local fixes = vim.lsp.buf_request_sync(0, "textDocument/codeAction", params, 5000)[id].result
vim.lsp.util.apply_workspace_edit(fixes[1].edit, "utf-16")

vim.cmd("normal! oto anna@ca")
vim.lsp.util.apply_text_edits({ offers()[1].textEdit }, 0, "utf-16")

table.sort(waits)
print(string.format("%d letters: p50 %.1f ms, p99 %.1f ms", #waits, waits[math.ceil(#waits / 2)], waits[math.ceil(#waits * 0.99)]))
vim.cmd("write!")
vim.cmd("qall!")
