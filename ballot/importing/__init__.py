"""Rolls and lists of projects as clerks keep them: XLSX, CSV, TSV in; findings row by row out.

``reading``   a file to sheets of text (:mod:`workbook` in a process of its own, :mod:`delimited`)
``headers``   which row names the columns, and the rows below it that hold data
``roll``, ``projects``  rows to deputies or items, with a finding for all that was not plain
``changes``   what differs from the import before
``templates``, ``exporting``  workbooks to fill in; tables that open safely in a spreadsheet
``words``     findings as sentences, invisible characters by name

Nothing is merged silently: a row is imported as it stands, or tidied with a finding that shows
what it was, or it is an error, and then nothing of the file is imported.
"""
