using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Transfers.Copying;
using ChunkUpload.Core.Work;
using Dapper;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>The state of transfers for workers.</summary>
internal sealed partial class PostgresTransferLedger
{
    private const string Get = $"select {TransferRow.Columns} from transfers t where t.id = @Id";

    private const string OfItem =
        $"select {TransferRow.Columns} from transfers t where t.id = (select transfer from transfer_items where id = @Item)";

    private const string Item = $"select {TransferItemRow.Columns} from transfer_items i where i.id = @Id";

    private const string Unlisted = $"""
        select {TransferItemRow.Columns} from transfer_items i where i.transfer = @Transfer and not i.listed order by i.number limit @Limit
        """;

    private const string Unmade = $"""
        select {TransferItemRow.Columns} from transfer_items i left join transfer_items f on f.id = i.parent
        where i.transfer = @Transfer and i.state = 'ready' and i.kind = 'folder' and (i.parent is null or f.result is not null)
        order by i.number limit @Limit
        """;

    private const string AddItems =
        "select add_transfer_items(@Incarnation, @Work, @Epoch, @Folder, @Cursor, @Next, @Items::jsonb, @Most, @MostOfOwner, @MostPages)";

    private const string SetState =
        "select set_transfer_state(@Incarnation, @Work, @Epoch, @Transfer, @State, @Scanned, @Story, @Text)";

    private const string SaveFolder =
        "select save_transfer_folder(@Incarnation, @Work, @Epoch, @Folder, null, @Result, @Name, @Fault, @Reason, @Unreadable)";

    private const string ClaimFolder = "select claim_transfer_folder(@Incarnation, @Work, @Epoch, @Folder, @Target, @Place, @Name)";

    private const string Feed = "select feed_transfer(@Incarnation, @Work, @Epoch, @Transfer, @Most)";

    private const string Settle = "select settle_transfer(@Incarnation, @Work, @Epoch, @Transfer, @Pause)";

    private const string PutOff =
        "select put_off_transfer(@Incarnation, @Work, @Epoch, @Transfer, @Fault, @Reason, @Wait, @Pause)";

    private const string CancelItems =
        $"select {TransferItemRow.Columns} from cancel_transfer_items(@Incarnation, @Work, @Epoch, @Transfer, @Reason) i";

    private const string BeginItem = $"""
        select {TransferItemRow.Columns}, (select f.result from transfer_items f where f.id = i.parent) as target_folder,
               clock_timestamp() as taken_at
        from begin_transfer_item(@Incarnation, @Work, @Epoch, @Item) i
        """;

    private const string SaveItem = """
        with c as materialized (
            select case when @Folder::text is null then 'free'
                        else claim_target_name(@Item, @Folder, @Place, @Name, @Folds, @Since::timestamptz) end as result
        )
        select c.result as claim, clock_timestamp() as at, case when c.result = 'free' then save_transfer_item(
            @Incarnation, @Work, @Epoch, @Item, @Steps::jsonb, @Place) end as held
        from c;
        select done_bytes as done, case when scanned then bytes end as all, moved_bytes as moved
        from transfers where id = (select transfer from transfer_items where id = @Item)
        """;

    private const string EndMail = "select end_transfer_mail(@Incarnation, @Work, @Epoch, @Transfer, @Mail, @Connection)";

    private const string Note = "select note_transfer(@Transfer, @Item, @Kind, @Text)";

    public async Task<Transfer?> GetAsync(Guid transfer, CancellationToken cancellationToken) =>
        (await QueryAsync<TransferRow>(Get, new { Id = transfer }, cancellationToken)).SingleOrDefault()?.ToTransfer();

    public async Task<Transfer?> OfItemAsync(Guid item, CancellationToken cancellationToken) =>
        (await QueryAsync<TransferRow>(OfItem, new { Item = item }, cancellationToken)).SingleOrDefault()?.ToTransfer();

    public async Task<TransferItem?> ItemAsync(Guid item, CancellationToken cancellationToken) =>
        (await ItemsAsync(Item, new { Id = item }, cancellationToken)).SingleOrDefault();

    public Task<IReadOnlyList<TransferItem>> FoldersAsync(
        Guid transfer, FolderWork work, int limit, CancellationToken cancellationToken) => ItemsAsync(
            work == FolderWork.List ? Unlisted : Unmade, new { Transfer = transfer, Limit = limit }, cancellationToken);

    public async Task<AddedPage> AddItemsAsync(
        WorkItem lease, Guid folder, string? cursor, string? next, IReadOnlyList<FoundItem> items, ListingLimits limits,
        CancellationToken cancellationToken) => Words.ParseOrNull<AddedPage>((await QueryAsync<string?>(
            AddItems,
            LeaseParameters.Of(incarnation, lease, new
            {
                Folder = folder,
                Cursor = cursor,
                Next = next,
                Items = ItemsJson(items),
                Most = limits.Items,
                MostOfOwner = limits.ItemsOfOwner,
                MostPages = limits.Pages,
            }),
            cancellationToken)).SingleOrDefault()) ?? AddedPage.LeaseLost;

    public Task<bool> SetStateAsync(
        WorkItem lease, Guid transfer, TransferState state, bool scanned, string? story, CancellationToken cancellationToken)
    {
        // A failure is described by its sentence, everything else by its code.
        var failed = state == TransferState.Failed;
        return AskAsync<bool>(
            SetState,
            LeaseParameters.Of(incarnation, lease, new
            {
                Transfer = transfer,
                State = Words.Of(state),
                Scanned = scanned,
                Story = failed ? "failed" : story,
                Text = failed ? story : null,
            }),
            cancellationToken);
    }

    public Task<bool> SaveFolderAsync(WorkItem lease, TransferItem folder, FolderEnd end, CancellationToken cancellationToken) =>
        AskAsync<bool>(
            SaveFolder,
            LeaseParameters.Of(incarnation, lease, new
            {
                Folder = folder.Id,
                Result = end.Made?.Id,
                end.Made?.Name,
                Fault = Words.Of(end.Failed?.Kind),
                Reason = end.Failed?.Sentence,
                Unreadable = end is { Failed: not null, AtSource: true },
            }),
            cancellationToken);

    public Task<bool?> ClaimFolderAsync(
        WorkItem lease, TransferItem folder, string? targetId, string place, string name, CancellationToken cancellationToken) =>
        calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<bool?>(Command(
                ClaimFolder,
                LeaseParameters.Of(incarnation, lease, new
                {
                    Folder = folder.Id,
                    Target = targetId,
                    Place = place,
                    Name = name,
                }),
                stop)),
            cancellationToken);

    public Task<int?> FeedAsync(WorkItem lease, Guid transfer, int most, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<int?>(Command(
            Feed, LeaseParameters.Of(incarnation, lease, new { Transfer = transfer, Most = most }), stop)),
        cancellationToken);

    public async Task<TransferState?> SettleAsync(
        WorkItem lease, Guid transfer, TimeSpan pause, CancellationToken cancellationToken) => Words.ParseOrNull<TransferState>(
            (await QueryAsync<string?>(
                Settle, LeaseParameters.Of(incarnation, lease, new { Transfer = transfer, Pause = pause }),
                cancellationToken)).SingleOrDefault());

    public Task<bool> PutOffAsync(
        WorkItem lease, Guid transfer, StorageFault fault, WaitReason? wait, TimeSpan pause, CancellationToken cancellationToken) =>
        AskAsync<bool>(
            PutOff,
            LeaseParameters.Of(incarnation, lease, new
            {
                Transfer = transfer,
                Fault = Words.Of(fault.Kind),
                Reason = fault.Sentence,
                Wait = Words.Of(wait),
                Pause = pause,
            }),
            cancellationToken);

    public Task<IReadOnlyList<TransferItem>> CancelItemsAsync(
        WorkItem lease, Guid transfer, string? reason, CancellationToken cancellationToken) => ItemsAsync(
            CancelItems,
            LeaseParameters.Of(incarnation, lease, new { Transfer = transfer, Reason = reason }),
            cancellationToken);

    public async Task<TransferItem?> BeginItemAsync(WorkItem lease, Guid item, CancellationToken cancellationToken) =>
        (await ItemsAsync(
            BeginItem, LeaseParameters.Of(incarnation, lease, new { Item = item }), cancellationToken))
            .SingleOrDefault();

    public Task<SavedItem?> SaveItemAsync(
        WorkItem lease, Guid item, IReadOnlyList<CopyStep> steps, NameClaim? claim, CancellationToken cancellationToken)
    {
        var parameters = LeaseParameters.Of(incarnation, lease, new
        {
            Item = item,
            Steps = JsonSerializer.Serialize(steps.Select(JsonOf).ToDictionary()),
            claim?.Folder,
            claim?.Place,
            steps.OfType<CopyTargeted>().SingleOrDefault()?.Name,
            Folds = claim?.Folds == true,
            Since = claim?.Since.ToUniversalTime(),
        });
        return calls.RunAsync(
            async (connection, stop) =>
            {
                await using var answers = await connection.QueryMultipleAsync(Command(SaveItem, parameters, stop));
                var saved = await answers.ReadSingleAsync<SavedRow>();
                var bytes = await answers.ReadSingleOrDefaultAsync<(long Done, long? All, long Moved)>();
                return saved.Held == false
                    ? (SavedItem?)null
                    : new SavedItem(
                        new TransferBytes(bytes.Done, bytes.All, bytes.Moved), Words.Parse<ClaimResult>(saved.Claim),
                        LedgerRows.Utc(saved.At));
            },
            cancellationToken);
    }

    public Task<bool> IsLaneUnservedAsync(WorkItem lease, CancellationToken cancellationToken) =>
        AskAsync<bool>("select unserved_lane(@Id)", new { lease.Id }, cancellationToken);

    /// <summary>Returns the name and the values of a step in the form that <c>save_transfer_item</c> reads.</summary>
    private (string Name, object Values) JsonOf(CopyStep step) => step switch
    {
        CopyPinned pinned => ("pinned", new { pin = pinned.Pin, size = pinned.Size, name = pinned.Name }),
        CopyTargeted target => ("targeted", new { name = target.Name, id = target.Id, replaces = target.Replaces }),
        CopyBegun begun => ("begun", new { session = Protected(begun.Session.Id), ends = begun.Session.EndsAt?.ToUniversalTime() }),
        CopyAccepted accepted =>
            ("accepted", new { position = accepted.Position, hashes = Convert.ToHexStringLower(accepted.Hashes) }),
        CopyRestarted restarted => ("restarted", new { counted = restarted.Counted }),
        _ => throw new UnreachableException(),
    };

    public Task EndMailAsync(WorkItem lease, TransferNote note, Guid? connection, CancellationToken cancellationToken) => AskAsync<bool>(
        EndMail,
        LeaseParameters.Of(incarnation, lease, new
        {
            Transfer = lease.Reference,
            Mail = Words.Of(note),
            Connection = connection,
        }),
        cancellationToken);

    public Task NoteAsync(Guid transfer, Guid? item, string kind, string? text, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(
            Command(Note, new { Transfer = transfer, Item = item, Kind = kind, Text = text }, stop)),
        cancellationToken);

    private string Protected(string session) => Convert.ToBase64String(_protector.Protect(Encoding.UTF8.GetBytes(session)));

    private string? Opened(string kept)
    {
        try
        {
            return Encoding.UTF8.GetString(_protector.Unprotect(Convert.FromBase64String(kept)));
        }
        catch (CryptographicException)
        {
            // The keys are lost, so the upload at the destination restarts.
            return null;
        }
    }
}
