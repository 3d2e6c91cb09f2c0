using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public async Task<bool> BeginIncarnationAsync(NewIncarnation begun, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            begun.Node,
            begun.Store,
            Host = Environment.MachineName,
            begun.BootId,
            Durability = begun.Durability.Word(),
            begun.Newest,
            begun.Ended,
            begun.Alone,
        };
        if (await ScalarAsync<long?>(UploadQueries.BeginIncarnation, parameters, cancellationToken) is not { } id)
            return false;
        incarnation.Begin(id);
        log.IncarnationBegun(id, begun.Store);
        return true;
    }

    public Task DrainAsync(CancellationToken cancellationToken) => queue.DrainAsync().WaitAsync(cancellationToken);

    public Task EndIncarnationAsync(CancellationToken cancellationToken) =>
        ExecuteAsync(UploadQueries.EndIncarnation, new { Incarnation = incarnation.Id }, cancellationToken);

    // Never repeated: a beat whose reply was lost would count twice, and the clock may run late but never early.
    public Task<bool> BeatAsync(TimeSpan elapsed, CancellationToken cancellationToken) =>
        calls.OnceAsync(
            (connection, token) => Dapper.SqlMapper.ExecuteScalarAsync<bool>(
                connection, Command(UploadQueries.Beat, new { Incarnation = incarnation.Id, Seconds = elapsed.TotalSeconds }, token)),
            cancellationToken);

    public Task KeepWritingAsync(IReadOnlyCollection<UploadId> writing, CancellationToken cancellationToken) =>
        writing.Count == 0
            ? Task.CompletedTask
            : ExecuteAsync(UploadQueries.KeepWriting,
                new { Incarnation = incarnation.Id, Uploads = writing.Select(id => id.Value).ToArray() }, cancellationToken);
}
