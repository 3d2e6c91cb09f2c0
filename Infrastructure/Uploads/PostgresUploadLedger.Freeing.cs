using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed partial class PostgresUploadLedger
{
    public async Task<IReadOnlyList<StoredFile>> ReclaimAsync(UploadId id, int limit, CancellationToken cancellationToken)
    {
        // A batch of extents frees no file if all of them lie in a file that others still name. Then go on with the next batch at once.
        while (true)
        {
            var rows = await ListAsync(
                ExtentQueries.Reclaim,
                new { Incarnation = incarnation.Id, Id = id.Value, Limit = limit },
                ((bool More, Guid? Store, short? Kind, long? Incarnation, Guid? Id) row) => row,
                cancellationToken);
            var files = rows.Where(row => row.Id is not null)
                .Select(row => new StoredFile(row.Store!.Value, (StoredFileKind)row.Kind!.Value, row.Incarnation!.Value, row.Id!.Value))
                .ToList();
            if (files.Count > 0 || rows.Count == 0 || !rows[0].More)
                return files;
        }
    }

    public Task<IReadOnlyList<StoredFile>> TombstonesAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(ExtentQueries.Tombstones, new { Incarnation = incarnation.Id, Limit = limit }, (FileRow row) => row.ToFile(),
            cancellationToken);

    public Task<IReadOnlyList<StoredFile>> SharedTombstonesAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(ExtentQueries.SharedTombstones, new { Limit = limit }, (FileRow row) => row.ToFile(), cancellationToken);

    public Task<bool> LooksAfterSharedAsync(CancellationToken cancellationToken) =>
        ScalarAsync<bool>(ExtentQueries.LooksAfterShared, new { Incarnation = incarnation.Id }, cancellationToken);

    public Task<IReadOnlyList<string>> FenceSilentAsync(CancellationToken cancellationToken) =>
        ListAsync(ExtentQueries.FenceSilent, new { Incarnation = incarnation.Id }, (string name) => name, cancellationToken);

    public Task<bool> MayUnlinkAsync(CancellationToken cancellationToken) =>
        ScalarAsync<bool>(BackupLock.MayUnlink, new { BackupLock.Files }, cancellationToken);

    public Task ForgetFilesAsync(IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken) =>
        ExecuteAsync(
            ExtentQueries.Forget, new { Incarnation = incarnation.Id, Files = files.Select(file => file.Unique).ToArray() },
            cancellationToken);

    public async Task<IReadOnlyList<PurgedUpload>> PurgeAsync(int limit, TimeSpan? keepFinishedFor, CancellationToken cancellationToken)
    {
        // A batch may only raise lower bounds and end no upload. Later rows may still be due.
        while (true)
        {
            var rows = await ListAsync(
                ExtentQueries.Purge,
                new
                {
                    Kept = StateReasons.NotKept,
                    Idle = StateReasons.Idle,
                    Incarnation = incarnation.Id,
                    Limit = limit,
                    Keep = keepFinishedFor is { } keep
                    ? LedgerRows.Seconds(keep)
                    : (long?)null
                },
                ((int Picked, Guid? Ended, bool? HasContent) row) => row,
                cancellationToken);
            var ended = rows.Where(row => row.Ended is not null)
                .Select(row => new PurgedUpload(new UploadId(row.Ended!.Value), row.HasContent!.Value)).ToList();
            ended.ForEach(one => Forget(one.Id));
            if (ended.Count > 0 || rows.Count == 0 || rows[0].Picked < limit)
                return ended;
        }
    }

    public Task<bool> HasFileAsync(StoredFile file, CancellationToken cancellationToken) =>
        ScalarAsync<bool>(ExtentQueries.Knows, new { Id = file.Unique }, cancellationToken);

    public async Task<IReadOnlyList<StoredFile>> OrphansAmongAsync(
        IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken)
    {
        if (files.Count == 0)
            return [];
        return await ListAsync(
            ExtentQueries.Orphans,
            new
            {
                Incarnation = incarnation.Id,
                // They are the files of one store: that which was listed.
                files.First().Store,
                Ids = files.Select(file => file.Unique).ToArray(),
                Kinds = files.Select(file => (short)file.Kind).ToArray(),
                Incarnations = files.Select(file => file.Incarnation).ToArray(),
            },
            (FileRow row) => row.ToFile(),
            cancellationToken);
    }

    public Task<int> TrimHistoryAsync(TimeSpan age, int limit, CancellationToken cancellationToken) =>
        ScalarAsync<int>(ExtentQueries.Trim, new { Incarnation = incarnation.Id, Age = age, Limit = limit }, cancellationToken);
}
