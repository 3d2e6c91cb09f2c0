namespace ChunkUpload.Api.Errors;

/// <summary>A request feature for protocols with statuses of their own: selects the column of the error table.</summary>
internal sealed record ErrorProtocol(UploadProtocol Protocol)
{
    /// <summary>The offset that the client sent, for protocols that repeat it when it was wrong.</summary>
    public long? ProvidedOffset { get; set; }

    /// <summary>Whether the client's version knows a registered problem type; null if it knows all.</summary>
    public Func<string, bool>? KnowsType { get; init; }

    /// <summary>Gets or sets whether the failure has lasted so long that it is no longer reported as temporary.</summary>
    public bool IsPersistent { get; set; }
}
