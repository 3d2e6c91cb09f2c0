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
    /// <summary>
    /// The status under tus, where it is another one: its clients go on after 409, 423 and 5xx, and give up after anything else.
    /// </summary>
    public int? Tus { get; init; }

    /// <summary>
    /// The status under the IETF's resumable uploads, where it is another one: its clients go on after 409 and 5xx, wait after 423, and
    /// know of what is over by 404 in all its versions.
    /// </summary>
    public int? Ietf { get; init; }

    /// <summary>The problem type that the IETF has registered for it, without what all of them begin with.</summary>
    public string? IetfType { get; init; }

    public string TypeFor(ErrorFace? face) =>
        face is { Protocol: UploadProtocol.Ietf } && IetfType is not null && face.Knows?.Invoke(IetfType) != false
            ? $"https://iana.org/assignments/http-problem-types#{IetfType}"
            : Type;

    public string Type => $"urn:chunkupload:error:{Code}";

    /// <summary>
    /// As the protocol's clients must be told. Whatever else a client is told than 423 when it asks for its offset, it begins again
    /// from the first byte; so a trouble that passes is 423 there.
    /// </summary>
    /// <param name="head">The offset is asked for, and what is wrong may pass.</param>
    public int StatusFor(UploadProtocol? face, bool head)
    {
        if (face is not (UploadProtocol.Tus or UploadProtocol.Ietf))
            return Status;
        var status = (face == UploadProtocol.Tus ? Tus : Ietf) ?? Status;
        return head && status is StatusCodes.Status429TooManyRequests or >= StatusCodes.Status500InternalServerError
            ? StatusCodes.Status423Locked
            : status;
    }
}
