using System.Collections.Frozen;
using static ChunkUpload.Core.Events.EventHearers;

namespace ChunkUpload.Core.Events;

/// <summary>
/// All kinds of events. Listeners, webhooks and the documentation are derived from this list; a test compares it with the literals in SQL
/// and in the console's scripts. To add a kind: a line here, a call of <c>add_event</c>, a row in docs/design/events.md.
/// </summary>
public static class EventKinds
{
    public static EventKind Created { get; } = OfUpload("created");
    public static EventKind Paused { get; } = OfUpload("paused");
    public static EventKind Resumed { get; } = OfUpload("resumed");
    public static EventKind Takeover { get; } = OfUpload("takeover");
    public static EventKind Completing { get; } = OfUpload("completing");
    public static EventKind Checking { get; } = OfUpload("checking");
    public static EventKind Completed { get; } = OfUpload("completed") with { IsEnd = true };
    public static EventKind Reopened { get; } = OfUpload("reopened");
    public static EventKind Failed { get; } = OfUpload("failed") with { IsEnd = true };
    public static EventKind Expired { get; } = OfUpload("expired") with { IsEnd = true };
    public static EventKind Cancelled { get; } = OfUpload("cancelled") with { IsEnd = true };
    public static EventKind Deleted { get; } = OfUpload("deleted") with { IsEnd = true };

    public static EventKind Damaged { get; } = OfUpload("damaged") with
    {
        Hearers = Owner | TenantAdmins | Operators,
        Webhooks = EventWebhooks.OfTenant | EventWebhooks.OfService,
    };

    public static EventKind Mended { get; } = OfUpload("mended") with { Webhooks = EventWebhooks.OfTenant | EventWebhooks.OfService };

    /// <summary>The conditions of the upload failed after its client had the answer, so its content got another name.</summary>
    public static EventKind PlacedBeside { get; } = OfUpload("placed_beside");

    public static EventKind EntriesChanged { get; } =
        new("entries_changed", TopicKinds.Space, Owner | TenantAdmins | SpaceMembers, EventWebhooks.OfTenant);

    public static EventKind JobStarted { get; } = new("job_started", TopicKinds.Job, Operators, EventWebhooks.None);
    public static EventKind JobEnded { get; } = new("job_ended", TopicKinds.Job, Operators, EventWebhooks.OfService);
    public static EventKind StoreDegraded { get; } = new("store_degraded", TopicKinds.Store, Operators, EventWebhooks.OfService);
    public static EventKind StoreHealthy { get; } = new("store_healthy", TopicKinds.Store, Operators, EventWebhooks.OfService);

    public static EventKind CertificateEnds { get; } =
        new("certificate_ends", TopicKinds.Certificate, Operators, EventWebhooks.OfService);

    public static EventKind TransferCreated { get; } = OfTransfer("transfer_created");
    public static EventKind TransferRunning { get; } = OfTransfer("transfer_running");
    public static EventKind TransferWaiting { get; } = OfTransfer("transfer_waiting");

    /// <summary>The transfer waits for its owner, who must sign in, make room or decide.</summary>
    public static EventKind TransferNeedsOwner { get; } = OfTransfer("transfer_needs_owner");
    public static EventKind TransferPaused { get; } = OfTransfer("transfer_paused");

    /// <summary>The plan of the transfer is ready for approval.</summary>
    public static EventKind TransferPlanned { get; } = OfTransfer("transfer_planned");
    public static EventKind TransferDone { get; } = OfTransfer("transfer_done") with { IsEnd = true };
    public static EventKind TransferPartlyDone { get; } = OfTransfer("transfer_partly_done") with { IsEnd = true };
    public static EventKind TransferFailed { get; } = OfTransfer("transfer_failed") with { IsEnd = true };
    public static EventKind TransferCancelled { get; } = OfTransfer("transfer_cancelled") with { IsEnd = true };

    public static EventKind FilesChanged { get; } = OfProject("files_changed");
    public static EventKind MemberJoined { get; } = OfProject("member_joined");
    public static EventKind MemberLeft { get; } = OfProject("member_left");

    /// <summary>A request for a file of a device was approved, so the device may send it.</summary>
    public static EventKind FileRequested { get; } = new("file_requested", TopicKinds.Device, Owner, EventWebhooks.None);

    /// <summary>Tells the sending device that the attempt has ended, or takes another way.</summary>
    public static EventKind FileRequestChanged { get; } = new("file_request_changed", TopicKinds.Device, Owner, EventWebhooks.None);
    public static EventKind FileTransferComplete { get; } = OfFileTransfer("file_transfer_complete");

    /// <summary>The file transfer has failed or was cancelled.</summary>
    public static EventKind FileTransferFailed { get; } = OfFileTransfer("file_transfer_failed");

    /// <summary>A pair has another state, or a question for its owner.</summary>
    public static EventKind SyncState { get; } = OfSync("sync_state");

    /// <summary>A scan of a pair has found something to do.</summary>
    public static EventKind SyncFound { get; } = OfSync("sync_found");
    public static EventKind SyncConflict { get; } = OfSync("sync_conflict");
    public static EventKind SyncDecided { get; } = OfSync("sync_decided");

    public static IReadOnlyList<EventKind> All { get; } =
    [
        Created, Paused, Resumed, Takeover, Completing, Checking, Completed, Reopened, Failed, Expired, Cancelled, Deleted, Damaged, Mended,
        PlacedBeside, EntriesChanged, JobStarted, JobEnded, StoreDegraded, StoreHealthy, CertificateEnds, TransferCreated, TransferRunning,
        TransferWaiting, TransferNeedsOwner, TransferPaused, TransferPlanned, TransferDone, TransferPartlyDone, TransferFailed,
        TransferCancelled, SyncState, SyncFound, SyncConflict, SyncDecided, FilesChanged, MemberJoined, MemberLeft, FileRequested,
        FileRequestChanged, FileTransferComplete, FileTransferFailed,
    ];

    private static readonly FrozenDictionary<string, EventKind> ByName = All.ToFrozenDictionary(kind => kind.Name);

    /// <summary>Returns the kind with a name; null for a kind that another version of the service has recorded.</summary>
    public static EventKind? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Returns whether an event of this kind ends its topic.</summary>
    public static bool Ends(string name) => Find(name) is { IsEnd: true };

    // A project has the id of its space.
    private static EventKind OfProject(string name) => new(name, TopicKinds.Project, SpaceMembers, EventWebhooks.None);

    private static EventKind OfSync(string name) => new(name, TopicKinds.Sync, Owner, EventWebhooks.OfTenant);

    // The owner is the requester: the other end hears FileRequestChanged.
    private static EventKind OfFileTransfer(string name) =>
        new(name, TopicKinds.FileTransfer, Owner, EventWebhooks.None) { IsEnd = true };

    private static EventKind OfTransfer(string name) => new(name, TopicKinds.Transfer, Owner | TenantAdmins, EventWebhooks.OfTenant);

    private static EventKind OfUpload(string name) => new(name, TopicKinds.Upload, Owner | TenantAdmins, EventWebhooks.OfTenant);
}
