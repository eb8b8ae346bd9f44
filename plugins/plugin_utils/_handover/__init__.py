# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the role `api_tokens` hands secrets over: the declaration, the current state, the decisions, and the places.

Rules are pure functions. Access to the service, hosts and files is in the action plugins `api_tokens_handover` and
`secret_files`, and in the modules here that document it.
"""
