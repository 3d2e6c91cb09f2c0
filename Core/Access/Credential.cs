namespace ChunkUpload.Core.Access;

/// <summary>What a caller has shown.</summary>
public enum CredentialKind
{
    /// <summary>Nothing: the service runs with <c>Access:Mode=Open</c>.</summary>
    None,

    /// <summary>The operator key.</summary>
    OperatorKey,

    /// <summary>The cookie of a browser that has signed in.</summary>
    Session,
}

/// <param name="Id">Which one of its kind, where there are several; it is no secret.</param>
public readonly record struct Credential(CredentialKind Kind, string? Id = null);
