-- Tabs: ::: {.panel-tabset} with one heading for each tab.

local page = require 'page'
local draw = require(page.format)

local count = 0
local tabsets = {}

local function split(content)
  local tabs, level = {}, nil
  for _, block in ipairs(content) do
    if block.t == 'Header' and (not level or block.level == level) then
      level = block.level
      table.insert(tabs, { title = block.content, blocks = pandoc.Blocks({}) })
    elseif #tabs > 0 then
      tabs[#tabs].blocks:insert(block)
    end
  end
  return tabs
end

function tabsets.blocks(el)
  local tabs = split(el.content)
  if #tabs == 0 then
    page.defect('empty-tabset', 'panel-tabset')
    return {}
  end
  for _, tab in ipairs(tabs) do tab.blocks = page.drawn(tab.blocks) end
  count = count + 1
  return draw.tabset({ id = 'tabset-' .. count, tabs = tabs, group = el.attributes.group })
end

return tabsets
