using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Dapper;
using Npgsql;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    private static readonly string[] AllStates = [.. Enum.GetValues<UploadState>().Select(state => state.Word())];

    public async Task<Result<CreatedUpload>> CreateAsync(NewUpload upload, CancellationToken cancellationToken)
    {
        var mark = _recent.Mark(upload.Id);
        var answer = await queue.RecordAsync(
            new QueuedRecord<LedgerAnswer<Upload>>(upload.Id, 0, _creations, upload, ReadAnswer), cancellationToken);
        if (answer is { Outcome: "fresh", Row: { State: UploadState.Open, ReceivedBytes: 0 } created })
        {
            if (created.Protocol == UploadProtocol.Session)
                _sessions.Begin(created);
            else
                _recent.Keep(created.Id, new StreamInspection(created, null, null), mark);
        }

        return Created(answer);
    }

    private static NpgsqlBatchCommand CreationCall(Incarnation incarnation, IReadOnlyList<NewUpload> uploads) =>
        LedgerParameters.Call(
            UploadQueries.Create,
            LedgerParameters.Big(incarnation.Id),
            LedgerParameters.Rows<NewUploadRow>([.. uploads.Select(NewUploadRow.Of)]));

    public Task<Result<CreatedUpload>?> RecallAsync(Caller caller, string key, Sha256Digest? hash, CancellationToken cancellationToken)
    {
        var parameters = new { caller.Tenant, caller.Subject, Key = key, KeyHash = hash?.ToArray() };
        return calls.RunAsync<Result<CreatedUpload>?>(
            async (connection, token) =>
            {
                await using var reader = await connection.ExecuteReaderAsync(Command(UploadQueries.Recall, parameters, token));
                if (!await reader.ReadAsync(token))
                    return null;
                return Created(ReadAnswer(reader));
            },
            cancellationToken);
    }

    private static Result<CreatedUpload> Created(LedgerAnswer<Upload> answer) => answer.Outcome switch
    {
        "fresh" => new CreatedUpload(answer.Row!, true),
        "known" => new CreatedUpload(answer.Row!, false),
        "placed" => new CreatedUpload(answer.Row!, false) { IsKnownContent = true },
        _ => LedgerRefusals.Of(answer),
    };

    public Task<Upload?> FindAsync(Caller caller, UploadId id, CancellationToken cancellationToken)
    {
        // A cached older state must not contradict this answer later.
        _recent.Forget(id);
        return calls.RunAsync(
            async (connection, token) =>
                (await connection.QuerySingleOrDefaultAsync<UploadRow>(
                    Command(UploadQueries.Find, new { Id = id.Value, caller.Tenant, caller.Owner, caller.Subject }, token)))?.ToUpload(),
            cancellationToken);
    }

    public Task<IReadOnlyList<Upload>> FindAllAsync(Caller caller, IReadOnlyCollection<UploadId> ids, CancellationToken cancellationToken)
    {
        foreach (var id in ids)
            _recent.Forget(id);
        return ListAsync(
            UploadQueries.FindAll, new { Ids = ids.Select(id => id.Value).ToArray(), caller.Tenant, caller.Owner, caller.Subject },
            (UploadRow row) => row.ToUpload(), cancellationToken);
    }

    public async Task<IReadOnlyList<HeardUpload>> UnseenAsync(IReadOnlyList<HeardUpload> uploads, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            Tenants = uploads.Select(one => one.Tenant).ToArray(),
            Owners = uploads.Select(one => one.Owner).ToArray(),
            Ids = uploads.Select(one => one.Upload.Value).ToArray(),
        };
        var numbers = await ListAsync(UploadQueries.Unseen, parameters, (int number) => number, cancellationToken);
        return [.. numbers.Select(number => uploads[number - 1])];
    }

    public Task<Upload?> GetAsync(UploadId id, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) =>
                (await connection.QuerySingleOrDefaultAsync<UploadRow>(
                    Command(UploadQueries.Get, new { Id = id.Value }, token)))?.ToUpload(),
            cancellationToken);

    public async Task<Page<Upload>> ListAsync(UploadQuery query, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(query.Limit, 1, 1000);
        var parameters = new
        {
            query.Caller.Tenant,
            query.Caller.Owner,
            States = query.States.Count == 0 ? AllStates : [.. query.States.Distinct().Select(state => state.Word())],
            Name = query.NameContains is { } part ? $"%{LedgerRows.EscapeLike(part)}%" : null,
            CreatedAfter = query.CreatedAfter?.ToUniversalTime(),
            CreatedBefore = query.CreatedBefore?.ToUniversalTime(),
            AfterTime = query.After?.Time?.ToUniversalTime(),
            AfterText = query.After?.Text,
            AfterNumber = query.After?.Number ?? -1,
            AfterId = query.After?.Id.Value,
            // One more row shows whether there is a next page.
            Limit = limit + 1,
        };
        var found = await ListAsync(UploadQueries.List(query), parameters, (UploadRow row) => row.ToUpload(), cancellationToken);
        return found.Count <= limit
            ? new Page<Upload>(found, null)
            : new Page<Upload>([.. found.Take(limit)], query.KeyOf(found[limit - 1]));
    }
}
