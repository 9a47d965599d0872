-- Quarto's extensions of pandoc's Markdown, in the order in which they happen. Each file beside this one
-- holds one of them and reads what it means; how it is drawn is left to the file of the output format.
-- What is found on the page (headings, links, images, ids, defects) goes to the caller.

package.path = pandoc.path.directory(PANDOC_SCRIPT_FILE) .. '/?.lua;' .. package.path

local page = require 'page'
local draw = require(page.format)
local callouts = require 'callouts'
local conditional = require 'conditional'
local crossref = require 'crossref'
local equations = require 'equations'
local figures = require 'figures'
local headings = require 'headings'
local links = require 'links'
local tables = require 'tables'
local tabsets = require 'tabsets'

local blocks = {
  traverse = 'topdown',
  Div = function(el)
    local kind = callouts.kind(el)
    if kind then return callouts.blocks(el, kind) end
    if el.classes:includes('panel-tabset') then return tabsets.blocks(el) end
    if page.kind_of(el.identifier) == 'fig' then return figures.from_div(el), false end
    if page.kind_of(el.identifier) == 'tbl' then return tables.from_div(el), false end
  end,
  Figure = function(el) return figures.from_figure(el), false end,
  Table = function(el) return tables.from_table(el), false end,
  Para = function(el) return figures.from_lone_image(el) or equations.from_paragraph(el) end,
  Header = headings.Header,
}

function Pandoc(doc)
  page.begin(doc.meta)
  doc = headings.below_the_title(doc:walk(conditional))
  crossref.read_works(doc)
  doc = doc:walk(crossref.collect)
  doc = doc:walk({ Cite = crossref.reference, Link = links.Link, Quoted = links.Quoted })
  doc = doc:walk(blocks):walk(draw.finish)
  page.found.fragments = links.fragments(doc.meta)
  doc = doc:walk({ Image = links.Image })
  page.report()
  return doc
end
