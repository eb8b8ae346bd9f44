# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audits of API tokens: from listings to findings, and from findings to a report in several formats.

Everything here runs on the controller and, except for `files`, is pure: `settings` reads options, `listing` and `tokens`
read results of modules, `rules` has the rules, `findings` applies them, `report` combines everything, `page`, `json_text`,
`csv_text` and `junit` write it.
"""
