namespace ChunkUpload.Emulators.Graph;

/// <summary>The kinds of drives, which differ in ids, hashes, sessions and quotas.</summary>
public enum GraphDriveKind
{
    /// <summary>A consumer's OneDrive: several hashes, ids with an account's number, sessions that do not exclude each other.</summary>
    Personal,

    /// <summary>A OneDrive for work or school, on SharePoint.</summary>
    Business,

    /// <summary>A SharePoint site's document library.</summary>
    DocumentLibrary,
}
