using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Errors;

/// <summary>Whether the same request may succeed later, and when.</summary>
internal enum Retry
{
    /// <summary>Repeating it changes nothing: something else must be done first.</summary>
    Never = 1,

    /// <summary>Right away: waiting gains nothing.</summary>
    AtOnce,

    /// <summary>After a wait that grows with the failures in a row.</summary>
    Backoff,
}

/// <summary>How one kind of failure is told.</summary>
/// <param name="Code">Stable; what a program looks at.</param>
/// <param name="Title">For a person; the same for every occurrence.</param>
internal sealed record ErrorRow(string Code, int Status, Retry Retry, string Title)
{
    /// <summary>The status under tus, where it is another one: its clients go on after 409, 423 and 5xx, and give up after anything else.</summary>
    public int? Tus { get; init; }

    public string Type => $"urn:chunkupload:error:{Code}";

    /// <summary>
    /// As the protocol's clients must be told. Whatever else a tus client is told than 423 when it asks for its offset, it begins again
    /// from the first byte; so a trouble that passes is 423 there.
    /// </summary>
    public int StatusFor(UploadProtocol? face, bool head)
    {
        if (face != UploadProtocol.Tus)
            return Status;
        var status = Tus ?? Status;
        return head && status is StatusCodes.Status429TooManyRequests or >= StatusCodes.Status500InternalServerError
            ? StatusCodes.Status423Locked
            : status;
    }
}
