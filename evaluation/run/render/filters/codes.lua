-- Code that is folded: ```{.python code-fold="true" code-summary="…"}

local page = require 'page'
local draw = require(page.format)

local codes = {}

function codes.CodeBlock(el)
  local fold, summary = el.attributes['code-fold'], page.words.summary or el.attributes['code-summary']
  if el.classes:includes('cell-code') then fold = fold or page.words.fold end
  el.attributes['code-fold'], el.attributes['code-summary'] = nil, nil
  el.classes = el.classes:filter(function(class) return class ~= 'cell-code' end)
  -- on paper nothing folds
  if not fold or fold == 'false' or not draw.folded_code then return el end
  return draw.folded_code({ code = el, summary = summary or page.words.code, is_open = fold == 'show' })
end

return codes
