using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers;

/// <summary>A requested transfer.</summary>
/// <param name="Source">The connection; null for the service's own files.</param>
/// <param name="Items">The ids of files and folders there.</param>
/// <param name="Destination">The connection; null for the service's own files.</param>
/// <param name="Folder">The id of a folder there.</param>
public sealed record TransferDraft(string Label, Guid? Source, IReadOnlyList<string> Items, Guid? Destination, string Folder)
{
    /// <summary>Web addresses, instead of a source and its items. They may be secret, so the draft is not stored.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Addresses { get; init; } = [];
    public TransferOptions Options { get; init; } = new();
    public BandwidthPriority Priority { get; init; } = BandwidthPriority.Normal;
    public bool Plan { get; init; }
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The schedule that starts it.</summary>
    [JsonIgnore]
    public Guid? Schedule { get; init; }

    /// <summary>The id of the transfer; null for a new id. An existing transfer is not created again.</summary>
    public Guid? Id { get; init; }

    /// <summary>The idempotency key of the request; null if it has none.</summary>
    [JsonIgnore]
    public KeyedRequest? Request { get; init; }

    /// <summary>Gets a value that indicates whether it is created even if an equal transfer of the caller is open.</summary>
    [JsonIgnore]
    public bool AllowEqual { get; init; } = true;

    /// <summary>Returns a digest that is equal for two drafts of one caller that do the same.</summary>
    /// <param name="folder">The normalized id of the destination's folder.</param>
    internal Sha256Digest SamenessIn(string folder) => Sha256Digest.Of(JsonSerializer.SerializeToUtf8Bytes(new
    {
        Source,
        Items = Items.Order(StringComparer.Ordinal),
        Addresses = Addresses.Order(StringComparer.Ordinal),
        Destination,
        folder,
        Options,
        Plan,
    }));
}

public enum DraftFault
{
    NoSuchConnection = 1,

    /// <summary>A storage refuses the request, or does not respond.</summary>
    Storage,
    NoFolder,

    /// <summary>The caller's credential does not permit a transfer that runs in the background.</summary>
    NotPermitted,
    TooMany,

    /// <summary>A folder cannot be transferred into itself or below itself.</summary>
    Circle,

    /// <summary>The destination cannot be read, which verification requires.</summary>
    NoReading,

    /// <summary>The source cannot remove files, which moving requires.</summary>
    NoRemoving,

    /// <summary>A transfer that does the same is open.</summary>
    Equal,

    /// <summary>The idempotency key was used for a different request.</summary>
    OtherRequest,
}

/// <param name="Replayed">Whether an earlier request with the same key has created it.</param>
public sealed record MadeTransfer(Guid Id, bool Replayed);

/// <param name="Detail">A sentence that says what is wrong.</param>
public sealed record DraftRefusal(DraftFault Fault, string Detail)
{
    /// <summary>Gets a value that indicates whether the same may succeed soon.</summary>
    public bool MayPass { get; init; }

    /// <summary>The existing transfer that prevents it; null if there is none.</summary>
    public Guid? Transfer { get; init; }
}

/// <summary>Creates transfers for persons and schedules, after checking both ends with the caller's rights.</summary>
public sealed partial class TransferMaker(
    ITransferLedger transfers, IConnectionLedger connections, ConnectorSet connectors, TransferRights rights, TransferEngineOptions engine,
    WorkQueue queue)
{
    /// <summary>Returns whether this credential permits transfers that run in the background.</summary>
    public async Task<bool> MayAsync(Caller caller, TransferDraft draft, CancellationToken cancellationToken) =>
        await rights.OwnerAsync(TransferOf(caller, draft, draft.Folder, ""), cancellationToken) is not null;

    /// <summary>Checks both ends and creates nothing.</summary>
    public async Task<(NamedDraft? Named, DraftRefusal? Refusal)> LookAsync(
        Caller caller, TransferDraft draft, CancellationToken cancellationToken)
    {
        var (looked, refusal) = await FindAsync(caller, draft, cancellationToken);
        return (looked is null ? null : new NamedDraft(draft, [.. looked.Chosen.Select(one => one.Path)], looked.Folder.Name), refusal);
    }

    public async Task<(MadeTransfer? Made, DraftRefusal? Refusal)> MakeAsync(
        Caller caller, TransferDraft draft, CancellationToken cancellationToken)
    {
        // A repeated request does not query the storages again.
        if (draft.Request is { } request && await transfers.RecallAsync(caller, request, cancellationToken) is { } earlier)
            return earlier.Result == AddResult.Replayed ? (new MadeTransfer(earlier.Transfer, true), null) : (null, RefusalOf(earlier));
        var (looked, refusal) = await FindAsync(caller, draft, cancellationToken);
        if (looked is null)
            return (null, refusal);
        var transfer = TransferOf(caller, draft, looked.Folder.Id, looked.Folder.Name);
        return await AddAsync(transfer, draft, looked.Chosen, draft.SamenessIn(transfer.Target), cancellationToken);
    }

    private async Task<(MadeTransfer? Made, DraftRefusal? Refusal)> AddAsync(
        Transfer transfer, TransferDraft draft, IReadOnlyList<FoundItem> chosen, Sha256Digest? sameness,
        CancellationToken cancellationToken)
    {
        if (await rights.OwnerAsync(transfer, cancellationToken) is null)
        {
            return (null, new DraftRefusal(
                DraftFault.NotPermitted, "A transfer continues without you, so make it as a user or with a key, not with a token."));
        }

        var rules = new AddRules(engine.MostOpenPerUser, sameness)
        {
            Request = draft.Request,
            AllowEqual = draft.AllowEqual,
        };
        var added = await transfers.AddAsync(transfer, chosen, rules, cancellationToken);
        if (added.Result is not (AddResult.Added or AddResult.Replayed))
            return (null, RefusalOf(added));
        queue.Wake();
        return (new MadeTransfer(added.Transfer, added.Result == AddResult.Replayed), null);
    }

    private DraftRefusal RefusalOf(AddedTransfer added) => added.Result switch
    {
        AddResult.Equal => new DraftRefusal(
            DraftFault.Equal,
            $"Transfer {added.Transfer:n} does the same and has not ended. Wait for it, or send allowEqual to begin another one.")
        {
            Transfer = added.Transfer,
        },
        AddResult.OtherRequest => new DraftRefusal(
            DraftFault.OtherRequest, "The Idempotency-Key was used for a different transfer. Send a fresh key for each transfer."),
        _ => new DraftRefusal(DraftFault.TooMany, $"At most {engine.MostOpenPerUser} transfers of a user are open at once."),
    };

    private static Transfer TransferOf(Caller caller, TransferDraft draft, string target, string targetName) => new(
        draft.Id ?? Guid.NewGuid(), caller.Tenant, caller.Subject, caller.Scopes, caller.ApiKey, draft.Label,
        draft.Addresses.Count == 0 ? draft.Source : WebAddress.Source, draft.Destination, target, targetName, draft.Options, draft.Priority)
    {
        // A comparison always ends with its plan, also for schedules and arrivals.
        Planning = draft.Plan || draft.Options.CheckOnly,
        Schedule = draft.Schedule,
        Deadline = draft.Deadline,
    };

    private async Task<(Looked? Looked, DraftRefusal? Refusal)> FindAsync(
        Caller caller, TransferDraft draft, CancellationToken cancellationToken)
    {
        // 1. Open both ends with the caller's rights.
        var from = await EndAsync(draft.Source, caller, draft.Options, cancellationToken);
        var to = await EndAsync(draft.Destination, caller, draft.Options, cancellationToken);
        if (from is null || to is null)
            return No(DraftFault.NoSuchConnection, "You have no connection with this id. GET /api/connections lists them.");
        var origin = draft.Addresses.Count == 0 ? connectors.Of(from.Connection) : connectors.Find(WebAddress.KindName);
        if (origin?.Source(from) is not { } source)
            return No(DraftFault.Storage, "The source cannot be read from.");
        if (connectors.Of(to.Connection)?.Sink(to) is not { } sink)
            return No(DraftFault.Storage, "The destination cannot be written to.");

        if (draft.Options.Verify == VerifyBy.ReadBack && to.Connection is { CanRead: false })
            return No(DraftFault.NoReading, "options.verify: the destination can only be written to, so nothing can be read back.");

        if (draft.Options.Move && origin.Sink(from) is not IFollowingSink)
            return No(DraftFault.NoRemoving, "options.move: nothing can be removed at this source, so it can only be copied.");

        // 2. Find the selected items and the destination folder.
        var chosen = new List<FoundItem>();
        // Each address is requested when it is copied, so one that does not respond fails alone.
        foreach (var address in draft.Addresses.Select(line => WebAddress.Parse(line, out _)!))
        {
            var item = new SourceItem(origin.Stored(address.Line), address.Name, StorageItemKind.File);
            chosen.Add(new FoundItem(Guid.NewGuid(), null, item.Name, item));
        }

        foreach (var id in draft.Items)
        {
            var item = await source.StatAsync(id, cancellationToken);
            if (!item.Ok)
                return No(item.Fault, $"source.items: {id}");
            chosen.Add(new FoundItem(Guid.NewGuid(), null, item.Value.Name, item.Value));
        }

        var folder = await sink.StatAsync(draft.Folder, cancellationToken);
        if (!folder.Ok)
            return No(folder.Fault, "destination.folder");
        if (folder.Value.Kind != StorageItemKind.Folder)
            return No(DraftFault.NoFolder, "destination.folder is no folder.");
        if (draft.Addresses.Count == 0 && draft.Source == draft.Destination && chosen.Exists(one => one.Item.Id == folder.Value.Id))
            return No(DraftFault.Circle, "destination.folder is one of source.items: a folder cannot be moved into itself.");
        return (new Looked(chosen, folder.Value), null);
    }

    private static (Looked? Looked, DraftRefusal? Refusal) No(DraftFault fault, string detail) => (null, new DraftRefusal(fault, detail));

    private static (Looked? Looked, DraftRefusal? Refusal) No(StorageFault fault, string field) => (
        null,
        new DraftRefusal(DraftFault.Storage, $"{fault.Sentence} ({field})")
        {
            MayPass = fault.Kind is FaultKind.Transient or FaultKind.Throttled,
        });

    private async Task<ConnectorContext?> EndAsync(
        Guid? id, Caller caller, TransferOptions options, CancellationToken cancellationToken)
    {
        if (id is null)
            return new ConnectorContext(caller, null, NoCallLog.Instance) { Options = options };
        return await connections.FindAsync(caller.Tenant, caller.Subject, id.Value, cancellationToken) is { } connection
            ? new ConnectorContext(caller, connection, NoCallLog.Instance) { Options = options }
            : null;
    }

    private sealed record Looked(IReadOnlyList<FoundItem> Chosen, SinkEntry Folder);
}
