using System.Text.Json;
using ChunkUpload.Core.Projects;
using Dapper;

namespace ChunkUpload.Infrastructure.Projects;

/// <summary>The catalogue of remote files in PostgreSQL. Every statement may be repeated, because a batch has an id.</summary>
internal sealed class PostgresCatalogueLedger(LedgerCalls calls) : ICatalogueLedger
{
    private const string Update = """
        select update_remote_files(
            @Project, @Folder, @Device, @Subject, @Base, @Batch, @Snapshot, @IsLast, @Most, @Deleted, @Paths, @Sizes, @Hashes, @Types,
            @Times, @Modes)::text
        """;

    private const string Columns = """
        select r.file_path as "FilePath", r.size as "Size", r.hash as "Hash", r.mime_type as "MimeType", r.modified_at as "ModifiedAt",
               r.mode as "Mode", r.folder_id as "FolderId", f.device_id as "DeviceId"
        from remote_files r join served_folders f on f.project_id = r.project_id and f.id = r.folder_id
        where r.project_id = @Project
        """;

    private const string Below = """
         and r.file_path > @Below || '/' and r.file_path < @Below || '0'
        """;

    private const string Search = " and lower(r.file_path) like @Search";

    private readonly ProjectTurns _turns = new();

    static PostgresCatalogueLedger() => LedgerRows.Prepare();

    public async Task<FileChangesOutcome> UpdateAsync(FileChanges changes, long most, CancellationToken cancellationToken)
    {
        var told = changes.Told;
        var parameters = new
        {
            changes.Project,
            changes.Folder,
            changes.Device,
            changes.Subject,
            changes.Base,
            changes.Batch,
            changes.Snapshot,
            changes.IsLast,
            Most = most,
            Deleted = changes.Deleted.ToArray(),
            Paths = told.Select(file => file.Path).ToArray(),
            Sizes = told.Select(file => file.Size).ToArray(),
            Hashes = told.Select(file => file.Hash).ToArray(),
            Types = told.Select(file => file.MimeType).ToArray(),
            Times = told.Select(file => file.ModifiedAt.UtcDateTime).ToArray(),
            Modes = told.Select(file => file.Mode).ToArray(),
        };
        var answer = await _turns.RunAsync(
            changes.Project,
            () => calls.RunAsync(
                (connection, stop) => connection.ExecuteScalarAsync<string>(
                    new CommandDefinition(Update, parameters, cancellationToken: stop)),
                cancellationToken),
            cancellationToken);
        using var json = JsonDocument.Parse(answer!);
        return Read(json.RootElement);
    }

    public Task<IReadOnlyList<RemoteFile>> FilesAsync(Guid project, RemoteFileQuery query, CancellationToken cancellationToken)
    {
        var text = Columns + (query.Below is null ? "" : Below) + (query.Search is null ? "" : Search)
            + (query.After is null ? "" : AfterOf(query.Sort)) + OrderOf(query.Sort) + " limit @Most";
        var parameters = new
        {
            Project = project,
            query.Below,
            Search = query.Search is { } search ? $"%{Escaped(search.ToLowerInvariant())}%" : null,
            After = query.After?.Path,
            query.After?.Number,
            Time = TimeOf(query),
            query.Most,
        };
        return calls.RunAsync<IReadOnlyList<RemoteFile>>(
            async (connection, stop) =>
            [
                .. (await connection.QueryAsync<RemoteFileRow>(
                    new CommandDefinition(text, parameters, cancellationToken: stop))).Select(row => row.ToFile()),
            ],
            cancellationToken);
    }

    private static string AfterOf(RemoteFileSort sort) => sort switch
    {
        RemoteFileSort.Newest => """
             and (r.modified_at, r.path_sha256) < (@Time, sha256(convert_to(@After, 'UTF8')))
            """,
        RemoteFileSort.Largest => """
             and (r.size, r.path_sha256) < (@Number, sha256(convert_to(@After, 'UTF8')))
            """,
        _ => """
             and r.file_path > @After
            """,
    };

    private static string OrderOf(RemoteFileSort sort) => sort switch
    {
        RemoteFileSort.Newest => " order by r.modified_at desc, r.path_sha256 desc",
        RemoteFileSort.Largest => " order by r.size desc, r.path_sha256 desc",
        _ => " order by r.file_path",
    };

    private static DateTime? TimeOf(RemoteFileQuery query) =>
        query is { Sort: RemoteFileSort.Newest, After: { } after } ? new DateTime(after.Number, DateTimeKind.Utc) : null;

    private static string Escaped(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal)
        .Replace("_", "\\_", StringComparison.Ordinal);

    private static FileChangesOutcome Read(JsonElement answer)
    {
        var sequence = answer.TryGetProperty("sequence", out var number) ? number.GetInt64() : 0;
        if (answer.TryGetProperty("fault", out var fault))
        {
            return new FileChangesOutcome(
                fault.GetString() switch
                {
                    "archived" => FileChangesFault.Archived,
                    "not_served" => FileChangesFault.NotServed,
                    _ => FileChangesFault.Resync,
                },
                sequence);
        }

        var rejected = answer.GetProperty("rejected").EnumerateArray()
            .Select(one => new RejectedChange(one.GetProperty("path").GetString()!, one.GetProperty("code").GetString()!));
        return new FileChangesOutcome(null, sequence, answer.GetProperty("accepted").GetInt64(), [.. rejected]);
    }
}
