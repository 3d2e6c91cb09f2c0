using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>A row of <c>links</c>, alone or joined with its tenant and its creator.</summary>
internal sealed class LinkRow : KeyRow
{
    public Guid LinkId { get; set; }
    public string Kind { get; set; } = "";
    public string LinkTenant { get; set; } = "";
    public string LinkTitle { get; set; } = "";
    public string LinkMadeBy { get; set; } = "";
    public Guid? LinkUser { get; set; }
    public Guid? MadeWith { get; set; }
    public Guid? Space { get; set; }
    public Guid? Entry { get; set; }
    public DateTime LinkCreatedAt { get; set; }
    public DateTime LinkExpiresAt { get; set; }
    public DateTime? LinkRevokedAt { get; set; }
    public DateTime? LinkDisabledAt { get; set; }
    public long? MaxSize { get; set; }
    public long? MaxFiles { get; set; }
    public long? MaxBytes { get; set; }
    public string[] Types { get; set; } = [];
    public string[] Names { get; set; } = [];
    public bool Folders { get; set; }
    public short Priority { get; set; }
    public long Files { get; set; }
    public long Bytes { get; set; }
    public string? LinkPassword { get; set; }
    public long? MaxDownloads { get; set; }
    public long Downloads { get; set; }
    public bool MakerReaches { get; set; }

    public ShareLink ToLink() => new(
        LinkId, Of(Kind), LinkTenant, LinkTitle, LinkMadeBy, LinkUser, MadeWith, IdOf(Space), IdOf(Entry), LedgerRows.Utc(LinkCreatedAt),
        LedgerRows.Utc(LinkExpiresAt), LedgerRows.Utc(LinkRevokedAt))
    {
        Uploads = new UploadLimits(MaxSize, MaxFiles, MaxBytes, Types, Names, Folders)
        {
            Files = Files,
            Bytes = Bytes,
            Priority = (BandwidthPriority)Priority,
        },
        MaxDownloads = MaxDownloads,
        Downloads = Downloads,
        Password = LinkPassword,
        DisabledAt = LedgerRows.Utc(LinkDisabledAt),
    };

    public HeldLink ToHeldLink() => new(ToLink(), ToTenant(), HasKey ? ToKey() : null, ToUser(), MakerReaches);

    public static string Word(ShareLinkKind kind) => kind == ShareLinkKind.Upload ? "upload" : "download";

    private static ShareLinkKind Of(string word) => word == "upload" ? ShareLinkKind.Upload : ShareLinkKind.Download;

    private static EntryId? IdOf(Guid? value) => value is { } id ? new EntryId(id) : null;
}
