namespace ChunkUpload.Api.Errors;

/// <summary>Whether and when the same request may succeed later.</summary>
internal enum Retry
{
    /// <summary>Never: something else must change first.</summary>
    Never = 1,

    /// <summary>Immediately, without waiting.</summary>
    AtOnce,

    /// <summary>After a delay that grows with the number of consecutive failures.</summary>
    Backoff,
}

/// <summary>How one kind of failure is reported.</summary>
/// <param name="Code">The stable code for programs.</param>
/// <param name="Title">A title for people; the same for every occurrence.</param>
internal sealed record ErrorRow(string Code, int Status, Retry Retry, string Title)
{
    /// <summary>The status under tus, if it differs: tus clients retry after 409, 423 and 5xx, and give up after any other.</summary>
    public int? Tus { get; init; }

    /// <summary>
    /// The status under the IETF draft, if it differs: its clients retry after 409 and 5xx, wait after 423, and in all versions interpret
    /// 404 to mean that an upload has ended.
    /// </summary>
    public int? Ietf { get; init; }

    /// <summary>The IETF's registered problem type, without the common prefix.</summary>
    public string? IetfType { get; init; }

    public string TypeFor(ErrorProtocol? protocol) =>
        protocol is { Protocol: UploadProtocol.Ietf } && IetfType is not null && protocol.KnowsType?.Invoke(IetfType) != false
            ? ResumableHeaders.ProblemTypes + IetfType
            : Type;

    public string Type => $"urn:chunkupload:error:{Code}";

    public static implicit operator ErrorRow(UploadError error) => ErrorTable.Of(error);

    public static implicit operator ErrorRow(RequestError error) => ErrorTable.Of(error);

    /// <summary>
    /// Returns the status for the protocol's clients. A client that queries its offset restarts at the first byte after any error but 423,
    /// so a temporary failure is 423 there.
    /// </summary>
    /// <param name="head">Whether the request queries the offset, and the failure may be temporary.</param>
    public int StatusFor(UploadProtocol? protocol, bool head)
    {
        if (protocol is not (UploadProtocol.Tus or UploadProtocol.Ietf))
            return Status;
        var status = (protocol == UploadProtocol.Tus ? Tus : Ietf) ?? Status;
        return head && status is StatusCodes.Status429TooManyRequests or >= StatusCodes.Status500InternalServerError
            ? StatusCodes.Status423Locked
            : status;
    }
}
