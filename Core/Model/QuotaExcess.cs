using System.Globalization;

namespace ChunkUpload.Core.Model;

/// <summary>A limit that a request would exceed.</summary>
/// <param name="Scope">The scope of the limit: tenant, user or key.</param>
/// <param name="Name">
/// The limited figure: storedBytes, files, entries (by the limit of files), openUploads, receivedPerDay or sentPerDay.
/// </param>
/// <param name="Used">How much is reserved or stored already.</param>
public sealed record QuotaExcess(string Scope, string Name, long Limit, long Used)
{
    private const string Tomorrow = "continue tomorrow, or ask for a higher limit.";

    public UploadFailure ToFailure(Upload? upload) => new(UploadError.QuotaExceeded, Sentence) { Upload = upload, Quota = this };

    private string Sentence => Name switch
    {
        "receivedPerDay" => $"The {Scope} may upload {ByteText.Of(Limit)} a day (UTC) and has {ByteText.Of(Used)} today; {Tomorrow}",
        "sentPerDay" => $"The {Scope} may download {ByteText.Of(Limit)} a day (UTC) and has {ByteText.Of(Used)} today; {Tomorrow}",
        _ => Stored,
    };

    private string Stored => (Name is "storedBytes"
            ? $"The {Scope} may have {ByteText.Of(Limit)} and has {ByteText.Of(Used)}; "
            : string.Create(CultureInfo.InvariantCulture, $"The {Scope} may have {Limit} {What} and has {Used}; "))
        + (Name == "openUploads" ? "finish or cancel an upload first." : "delete files, also from the trash, or ask for a higher limit.");

    private string What => Name switch
    {
        "files" => "files",
        "entries" => "files, folders and links",
        _ => "unfinished uploads",
    };
}
