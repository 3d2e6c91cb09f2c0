namespace ChunkUpload.Client;

/// <summary>The class of a failure: it decides whether and when to try again, and the exit code of <c>cu</c>.</summary>
public enum TransferFailure
{
    /// <summary>No connection, or one that broke or hung.</summary>
    Network = 1,

    /// <summary>The service cannot serve now: it is overloaded, stopping, limiting the rate, or its disk or database fails.</summary>
    Server,

    /// <summary>Bytes differ from their digest.</summary>
    Checksum,

    /// <summary>The key or link is missing, wrong, revoked or ended, or lacks a right.</summary>
    Authentication,

    /// <summary>A quota is full, or the file is too large.</summary>
    Quota,

    /// <summary>The target has other content, or was changed meanwhile.</summary>
    Conflict,

    /// <summary>A local file cannot be read or written, or there is no room for it.</summary>
    LocalFile,

    /// <summary>The source changed again and again while it was sent.</summary>
    SourceChanged,

    /// <summary>The address does not exist.</summary>
    NotFound,

    /// <summary>The service refuses the request because of its type, its name, or its content.</summary>
    Refused,

    /// <summary>
    /// The answer is not valid: a wrong type, a number out of its range, a list without an end.
    /// </summary>
    InvalidAnswer,

    /// <summary>A defect of the client. <see cref="Exception.InnerException"/> has its cause.</summary>
    Unexpected,
}
