"""The phases of one build, for steps that ask for them one by one."""

from __future__ import annotations

from pipeline import build as verbs
from pipeline.build import Build, BuiltDatabase, CheckedDatabase, ReadFiles, WrittenTables
from pipeline.build import Built as PublishedBuild


class Phases:
    """Each phase is done once, after those that it needs. So a run that begins at a step that failed does the phases
    before it, too: what they staged ended with the run that failed, and what was read is kept by the warehouse."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self._read: ReadFiles | None = None
        self._tables: WrittenTables | None = None
        self._database: BuiltDatabase | None = None
        self._checked: CheckedDatabase | None = None
        self._published: PublishedBuild | None = None

    def read(self) -> ReadFiles:
        """List all files and read those that are new or changed."""
        if self._read is None:
            self._read = verbs.read_files(self.build)
        return self._read

    def refuse_rejections(self) -> None:
        """Raises `CheckError` when too few of the files could be read."""
        verbs.refuse_rejections(self.build, self.read())

    def is_unchanged(self) -> bool:
        """Whether there is nothing to do but to keep the current snapshot."""
        return verbs.is_unchanged(self.build, self.read())

    def tables(self) -> WrittenTables:
        """Make all tables. Raises `ValueError` when one does not fit the schema."""
        if self._tables is None:
            self.refuse_rejections()
            self._tables = verbs.write_tables(self.build, self.read())
        return self._tables

    def database(self) -> BuiltDatabase:
        """Make the DuckDB file and the marts."""
        if self._database is None:
            self._database = verbs.build_database(self.build, self.tables())
        return self._database

    def checked(self) -> CheckedDatabase:
        """Run every check."""
        if self._checked is None:
            self._checked = verbs.run_checks(self.build, self.database())
        return self._checked

    def refuse_errors(self) -> None:
        """Raises `CheckError` when an error check found offenders."""
        verbs.refuse_errors(self.checked())

    def published(self) -> PublishedBuild:
        """Publish, unless nothing has changed. Raises `CheckError` when a check refuses that."""
        if self._published is None:
            if self.is_unchanged():
                self.refuse_rejections()
                self._published = verbs.keep(self.build, self.read())
            else:
                self.refuse_errors()
                self._published = verbs.publish(self.build, self.read(), self.tables(), self.database(), self.checked())
        return self._published

    @property
    def is_published(self) -> bool:
        """Whether the build has come to its end."""
        return self._published is not None
