-- Classes and attributes: what is not known here would silently do nothing, and is refused.

local page = require 'page'

local known = {}

local function set(words)
  local found = {}
  for word in words:gmatch('%S+') do found[word] = true end
  return found
end

local ANYWHERE = set 'lang dir title role style tabindex custom-style'
local CLASSES = set 'content-visible content-hidden panel-tabset unnumbered unlisted download number-lines numberLines sourceCode cell-code'
local CALLOUT = set 'title collapse appearance icon'
local FIGURE = set 'fig-alt fig-cap fig-align layout-ncol layout-nrow'
local LAYOUT = set 'layout-ncol layout-nrow'
local TABLE = set 'tbl-cap'
local TABS = set 'group'
local IMAGE = set 'fig-alt alt width height fig-align'
local LINK = set 'target rel hreflang type download'
local ENGINES = set 'python r julia ojs'
local CODE = set 'code-fold code-summary startFrom start-from'

-- what an attribute may say, where not everything
local VALUES = {
  collapse = set 'true false', icon = set 'false', appearance = set 'default simple minimal',
  ['fig-align'] = set 'left center right', ['code-fold'] = set 'true false show',
}

local function is_kind(el, pattern)
  for _, class in ipairs(el.classes) do if class:match(pattern) then return true end end
  return false
end

local function attributes_of_div(el)
  if is_kind(el, '^callout%-') then return CALLOUT end
  if el.classes:includes('panel-tabset') then return TABS end
  local kind = page.kind_of(el.identifier)
  return kind == 'fig' and FIGURE or kind == 'tbl' and TABLE or LAYOUT
end

local function check_attributes(el, allowed)
  for key, value in pairs(el.attributes) do
    local free = ANYWHERE[key] or key:match('^data%-') or key:match('^aria%-')
    if not free and not allowed[key] then page.defect('unknown-attribute', key)
    elseif VALUES[key] and not VALUES[key][value] then page.defect('bad-attribute', key .. '="' .. value .. '"')
    elseif LAYOUT[key] and not value:match('^[1-9]$') then page.defect('bad-attribute', key .. '="' .. value .. '"') end
  end
end

local function check_classes(el, first)
  for i, class in ipairs(el.classes) do
    local ours = CLASSES[class] or known.classes[class] or class:match('^callout%-')
    if i >= first and not ours then page.defect('unknown-class', class) end
  end
end

local function checked(allowed, first)
  return function(el)
    check_attributes(el, type(allowed) == 'function' and allowed(el) or allowed)
    check_classes(el, first or 1)
  end
end

local NONE = {}

function known.check(doc)
  known.classes = set(page.words.classes)
  doc:walk({
    Div = checked(attributes_of_div),
    Span = checked(NONE),
    Header = checked(NONE),
    Link = checked(LINK),
    Image = checked(IMAGE),
    Table = checked(TABLE),
    CodeBlock = checked(CODE, 2),     -- the first class is the language
    Code = function(el)
      -- `{python} x` would be computed by Quarto
      if ENGINES[el.text:match('^{(%l+)}%s') or ''] then page.defect('executable-cell', el.text) end
      checked(NONE, 2)(el)
    end,
  })
end

return known
