"""Who gets which answer at which address: one table, and no address outside it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests import routes
from tests.cast import NAMES
from tests.scene import Stage

# address | method | about what | visitor, stranger, reader, editor, administrator | everybody else
# Everybody else: editor and administrator of another collection, collector, taxonomist, portal
# admin; "403 portal_admin=200" for all but one of them. 302 for the visitor is the way to the
# sign-in page, for a POST that is done the way on.
TABLE = """
home                       | GET  |                    | 200 200 200 200 200 | 200
tour                       | GET  |                    | 200 200 200 200 200 | 200
demo_sign_in               | GET  |                    | 404 404 404 404 404 | 404
demo_sign_in               | POST |                    | 404 404 404 404 404 | 404
profile                    | GET  |                    | 302 200 200 200 200 | 200
account                    | GET  |                    | 302 200 200 200 200 | 200
occurrences:personal       | GET  |                    | 302 200 200 200 200 | 200
occurrences:personal_open  | GET  |                    | 302 403 403 403 200 | 403 other_administrator=200 collector=302 portal_admin=200
occurrences:personal_open  | POST |                    | 302 403 403 403 302 | 403 other_administrator=302 collector=302 portal_admin=302
occurrences:personal_default | POST | collection       | 302 404 404 404 404 | 404
occurrences:personal_privacy | POST |                  | 302 302 302 302 302 | 302
occurrences:my_collections | GET  |                    | 302 200 200 200 200 | 200
occurrences:my_collections_file | GET |                | 302 200 200 200 200 | 200
job                        | GET  | job                | 302 404 404 404 200 | 404
job_cancel                 | POST | job                | 302 404 404 404 302 | 404

accounts:retrieve_login    | GET  |                    | 200 200 200 200 200 | 200
accounts:retrieve_login    | POST |                    | 200 200 200 200 200 | 200
accounts:retrieve_login_done | GET |                   | 200 200 200 200 200 | 200
accounts:invitation        | GET  | nothing            | 410 410 410 410 410 | 410
accounts:contact           | GET  |                    | 200 200 200 200 200 | 200
accounts:contact           | POST |                    | 200 200 200 200 200 | 200
accounts:person            | GET  | person             | 404 404 404 404 404 | 404
accounts:profile           | GET  |                    | 302 200 200 200 200 | 200
accounts:profile           | POST |                    | 302 200 200 200 200 | 200
accounts:notices           | GET  |                    | 302 200 200 200 200 | 200
accounts:notice            | GET  | notice             | 302 404 404 404 302 | 404
accounts:notice            | GET  | nothing            | 302 404 404 404 404 | 404
accounts:notices_read      | POST |                    | 302 302 302 302 302 | 302
accounts:notice_mails      | POST |                    | 302 302 302 302 302 | 302
accounts:user_name         | GET  |                    | 302 302 302 302 302 | 302
accounts:export            | POST |                    | 302 200 200 200 200 | 200
accounts:leave             | GET  |                    | 302 302 302 302 302 | 302
accounts:leave             | POST |                    | 302 302 302 302 302 | 302
accounts:help_desk         | GET  |                    | 302 403 403 403 403 | 403 portal_admin=200
accounts:help_person       | GET  | person             | 302 403 403 403 403 | 403 portal_admin=200
accounts:help_mail         | POST | person             | 302 403 403 403 403 | 403 portal_admin=302
accounts:help_link         | POST | person             | 302 403 403 403 403 | 403 portal_admin=200
accounts:help_address      | POST | person             | 302 403 403 403 403 | 403 portal_admin=200
accounts:help_factors      | POST | person             | 302 403 403 403 403 | 403 portal_admin=200
accounts:sign_in_as        | POST | person             | 302 403 403 403 403 | 403 portal_admin=200
accounts:invite            | POST |                    | 302 403 403 403 403 | 403 portal_admin=302
accounts:be_myself         | POST |                    | 302 302 302 302 302 | 302
accounts:demo_mails        | GET  |                    | 404 404 404 404 404 | 404
accounts:demo_mail         | GET  | nothing            | 404 404 404 404 404 | 404

collections:list           | GET  |                    | 200 200 200 200 200 | 200
collections:profile        | GET  | collection         | 200 200 200 200 200 | 200
collections:profile        | GET  | private_collection | 404 404 404 404 404 | 404
collections:join           | GET  |                    | 200 200 200 200 200 | 200
collections:bring          | GET  |                    | 302 200 200 200 200 | 200
collections:bring          | POST |                    | 302 200 200 200 200 | 200
collections:join_collection | GET | collection         | 302 200 200 200 200 | 200
collections:join_collection | GET | private_collection | 302 404 404 404 404 | 404
collections:join_text      | GET  |                    | 302 403 403 403 403 | 403 portal_admin=200
collections:join_text      | POST |                    | 302 403 403 403 403 | 403 portal_admin=200
collections:join_requests  | GET  |                    | 302 200 200 200 200 | 200
collections:join_request   | GET  | join_request       | 302 404 404 404 200 | 404
collections:join_request   | GET  | bring_request      | 302 404 404 404 404 | 404 portal_admin=200
collections:join_decide    | POST | join_request       | 302 404 404 404 200 | 404
collections:join_decide    | POST | bring_request      | 302 404 404 404 404 | 404 portal_admin=200
collections:join_withdraw  | POST | join_request       | 302 404 404 404 404 | 404
collections:access_new     | GET  |                    | 302 200 200 200 200 | 200
collections:access_new     | POST |                    | 302 200 200 200 200 | 200
collections:access_requests | GET |                    | 302 200 200 200 200 | 200
collections:access_collection | GET | collection       | 302 403 403 403 200 | 403 portal_admin=200
collections:access_collection | GET | private_collection | 302 404 404 404 404 | 404
collections:access_request | GET  | access_request     | 302 404 404 404 200 | 404 portal_admin=200
collections:access_file    | GET  | access_request     | 302 404 404 404 200 | 404 portal_admin=200
collections:access_decide  | POST | access_decision    | 302 404 404 404 200 | 404 portal_admin=403
collections:access_answer  | POST | access_decision    | 302 404 404 404 404 | 404
collections:access_withdraw | POST | access_decision   | 302 404 404 404 404 | 404
collections:access_revoke  | POST | access_granted     | 302 404 404 404 302 | 404 portal_admin=302
collections:edit           | GET  | collection         | 302 403 403 403 200 | 403
collections:edit           | POST | collection         | 302 403 403 403 400 | 403
collections:edit           | GET  | private_collection | 302 404 404 404 404 | 404
collections:manage         | GET  | collection         | 302 403 403 200 200 | 403
collections:manage         | GET  | private_collection | 302 404 404 404 404 | 404
collections:permissions    | GET  | collection         | 302 403 403 403 200 | 403 portal_admin=200
collections:permissions    | POST | collection         | 302 403 403 403 200 | 403 portal_admin=200
collections:permissions    | GET  | private_collection | 302 404 404 404 404 | 404 portal_admin=200
collections:portal_permissions | GET | | 302 403 403 403 403 | 403 portal_admin=200
collections:portal_permissions | POST | | 302 403 403 403 403 | 403 portal_admin=200
collections:grant          | GET  | grant              | 302 404 404 404 200 | 404 portal_admin=200
collections:grant          | POST | grant              | 302 404 404 404 302 | 404 portal_admin=302
collections:grant          | GET  | portal_grant       | 302 404 404 404 404 | 404 portal_admin=200
collections:grant_revoke   | POST | grant              | 302 404 404 404 302 | 404 portal_admin=302
collections:grant_revoke   | POST | portal_grant       | 302 404 404 404 404 | 404 portal_admin=302
collections:people         | GET  |                    | 302 403 403 403 403 | 403 portal_admin=200
collections:people_suggest | GET  |                    | 302 200 200 200 200 | 200
collections:places         | GET  |                    | 302 403 403 403 403 | 403 portal_admin=200
collections:places         | POST |                    | 302 403 403 403 403 | 403 portal_admin=200
collections:places_suggest | GET  |                    | 400 400 400 400 400 | 400
collections:person         | GET  | person             | 302 404 404 404 404 | 404 portal_admin=200
collections:person         | POST | person             | 302 404 404 404 404 | 404 portal_admin=200

taxonomy:checklists        | GET  |                    | 302 200 200 200 200 | 200
taxonomy:checklist_new     | GET  |                    | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:checklist_new     | POST |                    | 302 403 403 403 403 | 403 taxonomist=400 portal_admin=400
taxonomy:checklist         | GET  | checklist          | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:checklist_load    | POST | checklist          | 302 403 403 403 403 | 403 taxonomist=302 portal_admin=302
taxonomy:checklist_blocked | GET  | checklist          | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:checklist_difference | GET  | checklist          | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:checklist_compare | POST | checklist          | 302 403 403 403 403 | 403 taxonomist=302 portal_admin=302
taxonomy:checklist_use     | POST | checklist          | 302 403 403 403 403 | 403 taxonomist=302 portal_admin=302
taxonomy:checklist_discard | POST | checklist          | 302 403 403 403 403 | 403 taxonomist=302 portal_admin=302

taxonomy:explorer          | GET  |                    | 200 200 200 200 200 | 200
taxonomy:children          | GET  | taxon              | 200 200 200 200 200 | 200
taxonomy:children          | GET  | nothing            | 404 404 404 404 404 | 404
taxonomy:suggest           | GET  |                    | 200 200 200 200 200 | 200
taxonomy:check             | GET  |                    | 200 200 200 200 200 | 200
taxonomy:taxon             | GET  | taxon              | 200 200 200 200 200 | 200
taxonomy:taxon             | GET  | nothing            | 404 404 404 404 404 | 404
taxonomy:history           | GET  | taxon              | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:add               | GET  |                    | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:add               | POST |                    | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:edit              | GET  | taxon              | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:edit              | POST | taxon              | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:edit              | GET  | nothing            | 302 403 403 403 403 | 403 taxonomist=404 portal_admin=404
taxonomy:move              | GET  | taxon              | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:move              | POST | taxon              | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:acceptance        | GET  | taxon              | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:acceptance        | POST | taxon              | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:merge             | GET  | taxon              | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:merge             | POST | taxon              | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:delete            | GET  | taxon              | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:delete            | POST | taxon              | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:proposals         | GET  |                    | 302 200 200 200 200 | 200
taxonomy:propose           | GET  |                    | 302 200 200 200 200 | 200
taxonomy:propose           | POST |                    | 302 200 200 200 200 | 200
taxonomy:proposal          | GET  | proposal           | 302 404 404 404 200 | 404 taxonomist=200 portal_admin=200
taxonomy:proposal_accept   | POST | proposal           | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:proposal_decline  | POST | proposal           | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
taxonomy:proposal_withdraw | POST | proposal           | 302 404 404 404 302 | 404 taxonomist=302 portal_admin=302

occurrences:search         | GET  |                    | 200 200 200 200 200 | 200
occurrences:record         | GET  | open               | 200 200 200 200 200 | 200
occurrences:record         | GET  | place              | 200 200 200 200 200 | 200
occurrences:record         | GET  | whole              | 404 404 404 200 200 | 404
occurrences:record         | GET  | private_record     | 404 404 404 404 404 | 404
occurrences:record         | GET  | deleted            | 410 410 410 410 410 | 410
occurrences:record         | GET  | deleted_whole      | 404 404 404 410 410 | 404
occurrences:record         | GET  | nothing            | 404 404 404 404 404 | 404
occurrences:add            | GET  | collection         | 302 403 403 200 200 | 403
occurrences:add            | POST | collection         | 302 403 403 200 200 | 403
occurrences:add            | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:read           | POST |                    | 302 404 404 404 404 | 404
occurrences:edit           | GET  | open               | 302 403 403 200 200 | 403
occurrences:edit           | GET  | place              | 302 403 403 200 200 | 403
occurrences:edit           | GET  | whole              | 302 404 404 200 200 | 404
occurrences:edit           | POST | open               | 302 403 403 302 302 | 403
occurrences:edit           | GET  | private_record     | 302 404 404 404 404 | 404
occurrences:delete         | GET  | open               | 302 403 403 403 200 | 403
occurrences:delete         | POST | open               | 302 403 403 403 302 | 403
occurrences:delete         | POST | whole              | 302 404 404 403 302 | 404
occurrences:restore        | POST | deleted            | 302 404 404 404 302 | 404
occurrences:restore        | POST | deleted_whole      | 302 404 404 404 302 | 404
occurrences:history        | GET  | open               | 302 403 403 200 200 | 403
occurrences:history        | GET  | whole              | 302 404 404 200 200 | 404
occurrences:past           | GET  | open               | 302 403 403 200 200 | 403
occurrences:past           | GET  | place              | 302 403 403 200 200 | 403
occurrences:past           | GET  | whole              | 302 404 404 200 200 | 404
occurrences:revert         | POST | open               | 302 403 403 404 404 | 403
occurrences:revert         | POST | whole              | 302 404 404 404 404 | 404
occurrences:change_set     | GET  | edit               | 302 404 404 200 200 | 404
occurrences:change_set     | GET  | hidden_edit        | 302 404 404 200 200 | 404
occurrences:change_set     | GET  | whole_edit         | 302 404 404 200 200 | 404
occurrences:change_set     | GET  | deletion           | 302 404 404 200 200 | 404
occurrences:change_set     | GET  | grant_change       | 302 404 404 404 200 | 404 portal_admin=200
occurrences:undo           | POST | grant_change       | 302 404 404 404 302 | 404 portal_admin=302
occurrences:undo           | POST | edit               | 302 404 404 302 302 | 404
occurrences:undo           | POST | deletion           | 302 404 404 403 302 | 404
occurrences:public_view    | GET  | place              | 302 404 200 200 200 | 404
occurrences:public_view    | GET  | whole              | 302 404 404 200 200 | 404
occurrences:public_view    | GET  | open               | 302 404 404 404 404 | 404
occurrences:protected_species | GET |                  | 200 200 200 200 200 | 200
occurrences:protection_list_new | GET |                | 302 403 403 403 403 | 403 portal_admin=200
occurrences:protection_list_new | POST |               | 302 403 403 403 403 | 403 portal_admin=200
occurrences:protection_list | GET | protection_list    | 302 403 403 403 403 | 403 portal_admin=200
occurrences:protection_list | POST | protection_list   | 302 403 403 403 403 | 403 portal_admin=200
occurrences:protection_list_edit | GET | protection_list | 302 403 403 403 403 | 403 portal_admin=200
occurrences:protection_list_edit | POST | protection_list | 302 403 403 403 403 | 403 portal_admin=200
occurrences:protection_rule_end | POST | protection_rule | 302 403 403 403 403 | 403 portal_admin=302
occurrences:protection_rule_resume | POST | protection_rule | 302 403 403 403 403 | 403 portal_admin=302
occurrences:record_search  | GET  |                    | 302 200 200 200 200 | 200
occurrences:saved_search_new | POST |                  | 302 302 302 302 302 | 302
occurrences:saved_search   | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:saved_search_delete | POST | nothing       | 302 404 404 404 404 | 404
occurrences:table          | GET  |                    | 302 200 200 200 200 | 200
occurrences:table_save     | POST |                    | 302 400 400 400 400 | 400
occurrences:table_columns  | POST |                    | 302 302 302 302 302 | 302
occurrences:table_download | POST |                    | 302 200 200 200 200 | 200
occurrences:edit_search    | GET  |                    | 302 302 302 302 302 | 302
occurrences:suggest        | GET  | collection family  | 302 404 404 200 200 | 404
occurrences:suggest        | GET  | private_collection family | 302 404 404 404 404 | 404
occurrences:next_number    | GET  | collection         | 302 404 404 200 200 | 404
occurrences:next_number    | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:habits         | POST |                    | 302 204 204 204 204 | 204
occurrences:session        | GET  |                    | 200 200 200 200 200 | 200
occurrences:clone          | GET  | open               | 302 403 403 200 200 | 403
occurrences:clone          | GET  | whole              | 302 404 404 200 200 | 404
occurrences:clone          | POST | open               | 302 403 403 200 200 | 403
occurrences:skeletal       | GET  | collection         | 302 403 403 200 200 | 403
occurrences:skeletal       | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:skeletal       | POST | collection         | 302 403 403 200 200 | 403
occurrences:cleaning       | GET  | collection         | 302 403 403 200 200 | 403
occurrences:cleaning       | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:cleaning       | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:cleaning       | GET  | mine               | 302 403 403 200 200 | 200 taxonomist=403 portal_admin=403
occurrences:cleaning       | GET  | portal             | 302 403 403 403 403 | 403 taxonomist=200 portal_admin=200
occurrences:cleaning_run   | POST | collection         | 302 403 403 302 302 | 403
occurrences:cleaning_run   | POST | private_collection | 302 404 404 404 404 | 404
occurrences:cleaning_run   | POST | portal             | 302 403 403 403 403 | 403 taxonomist=302 portal_admin=302
occurrences:cleaning_decide | POST | collection        | 302 403 403 302 302 | 403
occurrences:cleaning_decide | POST | portal            | 302 403 403 403 403 | 403 taxonomist=302 portal_admin=302
occurrences:cleaning_undo  | POST | collection edit    | 302 403 403 404 404 | 403
occurrences:distribution   | GET  | collection         | 200 200 200 200 200 | 200
occurrences:distribution   | GET  | private_collection | 404 404 404 404 404 | 404
occurrences:reading        | GET  |                    | 200 200 200 200 200 | 200
occurrences:by_numbers     | GET  |                    | 302 200 200 200 200 | 200
occurrences:by_numbers     | POST |                    | 302 200 200 200 200 | 200
occurrences:batch_new      | POST |                    | 302 302 302 302 302 | 302
occurrences:batch          | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:batch_apply    | POST | nothing            | 302 404 404 404 404 | 404
occurrences:batch_edit     | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:batch_edit     | POST | nothing            | 302 404 404 404 404 | 404
occurrences:batch_values   | POST | nothing            | 302 404 404 404 404 | 404
occurrences:batch_determine | GET | nothing            | 302 404 404 404 404 | 404
occurrences:batch_determine | POST | nothing           | 302 404 404 404 404 | 404
occurrences:batch_georeference | GET | nothing         | 302 404 404 404 404 | 404
occurrences:batch_georeference | POST | nothing        | 302 404 404 404 404 | 404
occurrences:batch_delete   | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:batch_delete   | POST | nothing            | 302 404 404 404 404 | 404
occurrences:determination  | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:determination  | POST | nothing            | 302 404 404 404 404 | 404
occurrences:determination_delete | POST | nothing      | 302 404 404 404 404 | 404
occurrences:determination_current | POST | nothing     | 302 404 404 404 404 | 404
occurrences:determination_queue | POST | nothing       | 302 404 404 404 404 | 404
occurrences:clusters       | GET  |                    | 302 403 403 200 200 | 200 taxonomist=403
occurrences:cluster_run    | POST |                    | 302 403 403 403 403 | 403 portal_admin=302
occurrences:cluster        | GET  | cluster            | 302 200 200 200 200 | 200
occurrences:cluster        | GET  | hidden_cluster     | 302 404 404 200 200 | 404
occurrences:cluster        | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:cluster_name   | POST | cluster            | 302 403 403 404 404 | 403
occurrences:cluster_part   | POST | cluster            | 302 403 403 404 404 | 403
occurrences:duplicates     | POST | collection         | 302 404 404 200 200 | 404
occurrences:duplicates     | POST | private_collection | 302 404 404 404 404 | 404
occurrences:duplicate_take | POST | open               | 302 404 404 200 200 | 404 other_editor=200 other_administrator=200 collector=200
occurrences:duplicate_take | POST | private_record     | 302 404 404 404 404 | 404
occurrences:duplicate_ask  | POST | place              | 302 404 404 404 404 | 404 other_editor=200 other_administrator=200 collector=200
occurrences:duplicate_ask  | POST | whole              | 302 404 404 404 404 | 404
occurrences:merge          | GET  |                    | 302 404 404 404 404 | 404
occurrences:merge          | POST |                    | 302 404 404 404 404 | 404
occurrences:link           | POST | open               | 302 404 404 404 404 | 404
occurrences:media          | GET  | open               | 302 403 403 200 200 | 403
occurrences:media          | POST | open               | 302 403 403 400 400 | 403
occurrences:media          | GET  | whole              | 302 404 404 200 200 | 404
occurrences:media          | GET  | private_record     | 302 404 404 404 404 | 404
occurrences:media          | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:media_file     | GET  | open_image web     | 200 200 200 200 200 | 200
occurrences:media_file     | GET  | open_image original | 404 404 404 200 200 | 404
occurrences:media_file     | GET  | open_image secret  | 404 404 404 404 404 | 404
occurrences:media_file     | GET  | place_image web    | 404 404 200 200 200 | 404
occurrences:media_file     | GET  | place_image thumbnail | 404 404 200 200 200 | 404
occurrences:media_file     | GET  | whole_image web    | 404 404 404 200 200 | 404
occurrences:media_file     | GET  | nothing web        | 404 404 404 404 404 | 404
occurrences:media_edit     | POST | open_image         | 302 403 403 302 302 | 403
occurrences:media_edit     | POST | whole_image        | 302 404 404 302 302 | 404
occurrences:media_move     | POST | place_image        | 302 404 403 302 302 | 404
occurrences:media_delete   | POST | open_image         | 302 403 403 302 302 | 403
occurrences:near           | GET  | collection         | 302 404 404 400 400 | 404
occurrences:near           | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:adopt          | POST | open               | 302 403 403 404 404 | 403
occurrences:adopt          | POST | whole              | 302 404 404 404 404 | 404
occurrences:offers         | GET  | collection         | 302 403 403 403 200 | 403
occurrences:offers         | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:offer          | GET  | offer              | 302 404 404 404 200 | 404 other_administrator=200
occurrences:offer          | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:offer_accept   | POST | offer              | 302 404 404 404 403 | 404 other_administrator=302
occurrences:offer_decline  | POST | offer              | 302 404 404 404 403 | 404 other_administrator=302
occurrences:offer_ask      | POST | offer              | 302 404 404 404 302 | 404 other_administrator=302
occurrences:offer_numbers  | GET  | offer              | 302 404 404 404 403 | 404 other_administrator=200
occurrences:offer_numbers  | POST | offer              | 302 404 404 404 403 | 404 other_administrator=302
occurrences:offer_link     | POST | offer              | 302 404 404 404 403 | 404
occurrences:offers_all     | GET  |                    | 302 403 403 403 403 | 403 portal_admin=200
occurrences:offers_file    | GET  |                    | 302 403 403 403 403 | 403 portal_admin=200
occurrences:offer_oversee  | GET  | offer              | 302 403 403 403 403 | 403 portal_admin=200
occurrences:offer_act      | POST | offer              | 302 403 403 403 403 | 403 portal_admin=200
occurrences:profile_merge  | GET  |                    | 302 403 403 403 403 | 403 portal_admin=200
occurrences:profile_merge  | POST |                    | 302 403 403 403 403 | 403 portal_admin=200
occurrences:hand_back      | GET  |                    | 302 404 404 404 404 | 404
occurrences:hand_back      | POST |                    | 302 404 404 404 404 | 404
occurrences:ask_undo       | GET  | offer              | 302 404 404 404 200 | 404 other_administrator=200
occurrences:ask_undo       | POST | offer              | 302 404 404 404 302 | 404 other_administrator=403
occurrences:sendings       | GET  |                    | 302 200 200 200 200 | 200
occurrences:send           | POST |                    | 302 302 302 302 302 | 302
occurrences:recipients     | GET  |                    | 302 200 200 200 200 | 200
occurrences:sending        | GET  | sending            | 302 404 404 404 200 | 404
occurrences:sending        | GET  | draft              | 302 404 404 404 302 | 404
occurrences:sending        | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:sending_prepare | GET | draft              | 302 404 404 404 200 | 404
occurrences:sending_prepare | POST | draft             | 302 404 404 404 200 | 404
occurrences:sending_prepare | GET | sending            | 302 404 404 404 302 | 404
occurrences:sending_review | GET  | draft              | 302 404 404 404 200 | 404
occurrences:sending_send   | POST | draft              | 302 404 404 404 302 | 404
occurrences:sending_discard | POST | draft             | 302 404 404 404 302 | 404
occurrences:offer_withdraw | GET  | offer              | 302 404 404 404 200 | 404
occurrences:offer_withdraw | POST | offer              | 302 404 404 404 302 | 404
occurrences:package_new    | POST | offer              | 302 404 404 404 400 | 404
occurrences:package_file   | GET  | package            | 302 404 404 404 200 | 404 other_administrator=200
occurrences:packing_list   | GET  | offer              | 302 404 404 404 200 | 404 other_administrator=200
occurrences:permit_file    | GET  | permit             | 302 404 404 404 200 | 404 other_administrator=200
occurrences:permit_remove  | POST | permit             | 302 404 404 404 404 | 404
occurrences:transfer_one   | GET  | open               | 302 403 403 403 200 | 403
occurrences:transfer_one   | POST | open               | 302 403 403 403 200 | 403
occurrences:transfer_one   | GET  | whole              | 302 404 404 403 200 | 404
occurrences:transfer_one   | POST | whole              | 302 404 404 403 200 | 404
occurrences:receiving      | GET  | offer              | 302 404 404 404 404 | 404 other_editor=200 other_administrator=200
occurrences:receiving      | POST | offer              | 302 404 404 404 404 | 404 other_editor=200 other_administrator=200
occurrences:receiving_undo | POST | offer              | 302 404 404 404 404 | 404
occurrences:receiving_of   | GET  | collection         | 302 403 403 200 200 | 403
occurrences:receiving_of   | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:cluster_news   | GET  | collection edit    | 302 403 403 200 200 | 403
occurrences:cluster_news   | GET  | private_collection edit | 302 404 404 404 404 | 404
occurrences:changes        | GET  | collection         | 302 403 403 200 200 | 403
occurrences:changes        | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:suggest_correction | GET | open            | 302 403 403 403 403 | 403
occurrences:suggest_correction | GET | place_suggested | 302 200 200 200 200 | 200
occurrences:suggest_correction | POST | place_suggested | 302 200 200 200 200 | 200
occurrences:suggest_correction | GET | whole           | 302 404 404 403 403 | 404
occurrences:suggestions_mine | GET |                   | 302 200 200 200 200 | 200
occurrences:suggestion     | GET  | suggestion         | 302 404 404 200 200 | 404
occurrences:suggestion     | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:suggestion_decide | POST | suggestion      | 302 404 404 200 200 | 404
occurrences:suggestion_reply | POST | suggestion       | 302 404 404 200 200 | 404
occurrences:suggestions    | GET  | collection         | 302 403 403 200 200 | 403
occurrences:suggestions    | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:comments       | GET  | open               | 200 200 200 200 200 | 200
occurrences:comments       | GET  | whole              | 404 404 404 200 200 | 404
occurrences:comments       | POST | open               | 302 200 200 200 200 | 200
occurrences:comments       | POST | whole              | 404 404 404 200 200 | 404
occurrences:comment_do     | POST | comment report     | 302 302 302 302 302 | 302
occurrences:comment_do     | POST | comment hide       | 302 403 403 302 302 | 403
occurrences:comment_do     | POST | hidden_comment hide | 302 404 403 302 302 | 404
occurrences:comments_of    | GET  | collection         | 302 403 403 200 200 | 403
occurrences:comments_of    | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:changes_file   | GET  | collection         | 302 403 403 200 200 | 403
occurrences:changes_file   | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:imports        | GET  | collection         | 302 404 404 404 200 | 404
occurrences:imports        | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:import_new     | GET  | collection         | 302 404 404 404 200 | 404
occurrences:import_new     | POST | collection         | 302 404 404 404 400 | 404
occurrences:import_new     | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:import         | GET  | import             | 302 404 404 404 200 | 404
occurrences:import         | GET  | mapping            | 302 404 404 404 302 | 404
occurrences:import_mapping | GET  | mapping            | 302 404 404 404 200 | 404
occurrences:import_mapping | GET  | import             | 302 404 404 404 200 | 404
occurrences:import_mapping | POST | mapping            | 302 404 404 404 400 | 404
occurrences:import_apply   | POST | import             | 302 404 404 404 302 | 404
occurrences:import_undo    | POST | import             | 302 404 404 404 302 | 404
occurrences:import_discard | POST | import             | 302 404 404 404 302 | 404
occurrences:import_exclude | POST | import 1           | 302 404 404 404 302 | 404
occurrences:import_exclude_all | POST | import         | 302 404 404 404 302 | 404
occurrences:import_row         | GET  | import 1       | 302 404 404 404 200 | 404
occurrences:import_decide      | POST | import 1       | 302 404 404 404 302 | 404
occurrences:import_decide_all  | POST | import         | 302 404 404 404 302 | 404
occurrences:import_fix         | POST | import         | 302 404 404 404 302 | 404
occurrences:import_unfix       | POST | import 0       | 302 404 404 404 302 | 404
occurrences:import_as_copies   | POST | import         | 302 404 404 404 302 | 404
occurrences:import_hand_over   | POST | import         | 302 404 404 404 302 | 404
occurrences:import_take_back   | POST | import         | 302 404 404 404 302 | 404
occurrences:import_not_imported | GET | import        | 302 404 404 404 200 | 404
occurrences:import         | POST | import             | 302 404 404 404 302 | 404
occurrences:import_mapping | POST | import             | 302 404 404 404 400 | 404
occurrences:import_reading | POST | mapping            | 302 404 404 404 302 | 404
occurrences:import_profiles | GET | collection         | 302 404 404 404 200 | 404
occurrences:import_profiles | GET | private_collection | 302 404 404 404 404 | 404
occurrences:import_profile | GET  | import_profile     | 302 404 404 404 200 | 404
occurrences:import_profile | POST | import_profile     | 302 404 404 404 400 | 404
occurrences:import_profile_new | GET | import          | 302 404 404 404 200 | 404
occurrences:import_profile_new | POST | import         | 302 404 404 404 400 | 404
occurrences:import_profile_run | POST | import_profile | 302 404 404 404 302 | 404
occurrences:import_profile_delete | POST | import_profile | 302 404 404 404 302 | 404
occurrences:import_fetch   | POST | collection         | 302 404 404 404 400 | 404
occurrences:import_fetch   | POST | private_collection | 302 404 404 404 404 | 404
occurrences:import_retire  | POST | import             | 302 404 404 404 302 | 404
occurrences:import_symbiota | GET | collection         | 302 404 404 404 200 | 404
occurrences:import_symbiota | GET | private_collection | 302 404 404 404 404 | 404
occurrences:symbiota_record | GET |                    | 404 404 404 404 404 | 404
occurrences:symbiota_editor | GET |                    | 404 404 404 404 404 | 404
occurrences:symbiota_list  | GET  |                    | 301 301 301 301 301 | 301
occurrences:symbiota_table | GET  |                    | 301 301 301 301 301 | 301
occurrences:transmittal    | GET  | offer              | 302 404 404 404 200 | 404 other_administrator=200
occurrences:transmittal    | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:transmittal_csv | GET | offer              | 302 404 404 404 200 | 404 other_administrator=200
occurrences:transmittal_page | GET | offer             | 302 404 404 404 200 | 404 other_administrator=200
occurrences:transmittal_page | POST | offer            | 302 404 404 404 302 | 404 other_administrator=302
occurrences:label_runs     | GET  |                    | 302 200 200 200 200 | 200
occurrences:labels_new     | POST |                    | 302 302 302 302 302 | 302
occurrences:labels         | GET  | label_run          | 302 404 404 404 200 | 404
occurrences:labels         | POST | label_run          | 302 404 404 404 302 | 404
occurrences:labels         | GET  | nothing            | 302 404 404 404 404 | 404
occurrences:labels_preview | POST | label_run          | 302 404 404 404 200 | 404
occurrences:labels_use     | POST | label_run          | 302 404 404 404 404 | 404
occurrences:labels_keep    | POST | label_run          | 302 404 404 404 302 | 404
occurrences:labels_pdf     | GET  | label_run          | 302 404 404 404 200 | 404
occurrences:labels_pdf     | POST | label_run          | 302 404 404 404 302 | 404
occurrences:labels_csv     | GET  | label_run          | 302 404 404 404 200 | 404
occurrences:labels_printed | POST | label_run          | 302 404 404 404 302 | 404
occurrences:label_profile_delete | POST | label_profile | 302 404 404 404 302 | 404
occurrences:download_new   | POST | collection         | 302 403 403 403 400 | 403
occurrences:download_new   | POST | private_collection | 302 404 404 404 404 | 404
occurrences:download       | GET  | download           | 302 404 404 404 200 | 404
occurrences:download_file  | GET  | download           | 302 404 404 404 200 | 404
occurrences:exact          | GET  | collection         | 302 403 200 403 403 | 403
occurrences:exact          | POST | collection         | 302 403 200 403 403 | 403
occurrences:exact          | GET  | private_collection | 302 404 404 404 404 | 404
occurrences:exact_log      | GET  | collection         | 302 403 403 403 200 | 403 portal_admin=200
occurrences:exact_log      | GET  | private_collection | 302 404 404 404 404 | 404 portal_admin=200
occurrences:download       | GET  | exact_download     | 302 404 200 404 404 | 404
occurrences:download_file  | GET  | exact_download     | 302 404 200 404 404 | 404
"""  # noqa: E501  a table


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals are what these tests ask for; none needs a line in the log."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


class Row(NamedTuple):
    route: str
    method: str
    about: str
    statuses: dict[str, int]


def _rows() -> list[Row]:
    found = []
    for line in filter(None, map(str.strip, TABLE.splitlines())):
        route, method, about, first, others = (part.strip() for part in line.split("|"))
        other, *exceptions = others.split()
        codes = [int(code) for code in first.split()]
        codes += [int(other)] * (len(NAMES) - len(codes))
        statuses = dict(zip(NAMES, codes, strict=True))
        statuses |= {name: int(code) for name, code in (each.split("=") for each in exceptions)}
        assert len(statuses) == len(NAMES), line
        found.append(Row(route, method, about, statuses))
    return found


ROWS = _rows()


def test_every_address_stands_in_the_table() -> None:
    assert routes.ours() - {row.route for row in ROWS} == set()


def test_the_table_holds_no_address_that_is_gone() -> None:
    assert {row.route for row in ROWS} - routes.ours() == set()


def test_the_blocks_of_other_packages_are_still_there() -> None:
    assert routes.THIRD_PARTY.keys() <= routes.names()


@pytest.mark.parametrize("name", NAMES)
def test_everybody_gets_the_answer_of_the_table(name: str, stage: Stage) -> None:
    client = stage.client(name)
    differing = []
    for row in ROWS:
        answer, expected = _answer(client, row.method, row, stage.scene), row.statuses[name]
        if answer != expected:
            differing.append(f"{row[:3]}: {answer} instead of {expected}")
    assert not differing, "\n".join(["", *differing])


def _answer(client: Client, method: str, row: Row, scene: dict[str, UUID]) -> int:
    """Ask, and leave the database as it was."""
    address = reverse(row.route, args=[scene.get(word, word) for word in row.about.split()])
    form = "application/x-www-form-urlencoded"
    with transaction.atomic():
        status = client.generic(method, address, content_type=form).status_code
        transaction.set_rollback(True)
    return int(status)


def test_a_closed_account_is_nobody(stage: Stage) -> None:
    client, administrator = stage.client("administrator"), stage.people["administrator"]
    administrator.is_active = False
    administrator.save()
    for row in ROWS:
        if row.route.startswith(("occurrences", "collections")):
            answer = _answer(client, row.method, row, stage.scene)
            assert answer == row.statuses["visitor"], row[:3]


def test_nothing_is_done_by_looking(stage: Stage) -> None:
    """What has only a POST in the table answers 405 to a GET."""
    looked_at = {row.route for row in ROWS if row.method == "GET"}
    client = stage.client("administrator")
    for row in ROWS:
        if row.route not in looked_at:
            assert _answer(client, "GET", row, stage.scene) == 405, row.route
