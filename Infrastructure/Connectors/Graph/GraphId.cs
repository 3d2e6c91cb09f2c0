namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>
/// An item's id with its drive's, in the form of requests and of the ledger: "drive/item". The ids of personal drives may lose leading
/// zeros and change their case between responses, so they are sent as received and compared normalised.
/// </summary>
internal sealed record GraphId(string Drive, string Item)
{
    private const string BusinessPrefix = "b!";

    /// <summary>The account's own drive, before its id is known.</summary>
    public static GraphId Root { get; } = new("", "root");

    /// <summary>Gets a value that indicates whether the drive belongs to an organization and is stored in SharePoint.</summary>
    public bool IsBusiness => Drive.StartsWith(BusinessPrefix, StringComparison.Ordinal);

    /// <summary>The path below the API's address.</summary>
    public string Path => Drive.Length == 0
        ? "/me/drive/root"
        : $"/drives/{Uri.EscapeDataString(Drive)}/items/{Uri.EscapeDataString(Item)}";

    /// <returns>Null if it is not an id.</returns>
    public static GraphId? Parse(string text)
    {
        if (text == Root.Item)
            return Root;
        return text.Split('/') is [{ Length: > 0 } drive, { Length: > 0 } item] ? new GraphId(drive, item) : null;
    }

    /// <summary>The id in the form in which it is compared.</summary>
    public string Normal => $"{NormalDrive(Drive)}/{NormalIn(Drive, Item)}";

    /// <summary>Returns whether both identify the same item.</summary>
    public bool IsSame(GraphId other) => Normal == other.Normal;

    /// <summary>Returns the address of an item in this folder by its name.</summary>
    public string Child(string name) => $"{Path}:/{Uri.EscapeDataString(name)}:";

    public override string ToString() => Drive.Length == 0 ? Item : $"{Drive}/{Item}";

    /// <summary>Returns a drive's id in the form in which it is compared.</summary>
    public static string NormalDrive(string id) => NormalIn(id, id);

    private static string NormalIn(string drive, string id) => drive.StartsWith(BusinessPrefix, StringComparison.Ordinal)
        ? id
        : id.TrimStart('0').ToUpperInvariant();
}
