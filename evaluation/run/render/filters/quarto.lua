-- Quarto's extensions of pandoc's Markdown, in the order in which they happen. Each file beside this one
-- holds one of them and reads what it means; how it is drawn is left to the file of the output format.
-- What is found on the page (headings, links, images, ids, defects) goes to the caller.

package.path = pandoc.path.directory(PANDOC_SCRIPT_FILE) .. '/?.lua;' .. package.path

local page = require 'page'
local draw = require(page.format)
local callouts = require 'callouts'
local codes = require 'codes'
local conditional = require 'conditional'
local crossref = require 'crossref'
local equations = require 'equations'
local figures = require 'figures'
local headings = require 'headings'
local known = require 'known'
local links = require 'links'
local tables = require 'tables'
local tabsets = require 'tabsets'

local blocks = {
  traverse = 'topdown',
  Div = function(el)
    local box, kind = callouts.kind(el), page.kind_of(el.identifier)
    if box then return callouts.blocks(el, box), false end
    if el.classes:includes('panel-tabset') then return tabsets.blocks(el), false end
    if kind == 'fig' then return figures.from_div(el), false end
    if kind == 'tbl' then return tables.from_div(el), false end
    if el.attributes['layout-ncol'] or el.attributes['layout-nrow'] then return figures.layout(el), false end
  end,
  Figure = function(el) return figures.from_figure(el), false end,
  Table = function(el) return tables.from_table(el), false end,
  Para = function(el) return figures.from_lone_image(el) or equations.from_paragraph(el) end,
  CodeBlock = function(el) return codes.CodeBlock(el), false end,
  Header = headings.Header,
}

function page.drawn(content) return content:walk(blocks) end

function Pandoc(doc)
  page.begin(doc.meta)
  doc = doc:walk(conditional)
  known.check(doc)
  doc = crossref.read_works(headings.below_the_title(draw.begin(doc)))
  doc = doc:walk(crossref.collect)
  doc = doc:walk({ Cite = crossref.reference, Link = links.Link, Quoted = links.Quoted })
  doc.blocks = page.drawn(doc.blocks)
  page.found.fragments = links.fragments(doc.meta)
  doc = draw.complete(doc:walk({ Image = links.Image }))
  page.report()
  return doc
end
