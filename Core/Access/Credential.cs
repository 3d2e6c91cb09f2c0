namespace ChunkUpload.Core.Access;

/// <summary>How a caller authenticated.</summary>
public enum CredentialKind
{
    /// <summary>Without a credential: the service runs with <c>Access:Mode=Open</c>.</summary>
    None,

    /// <summary>The operator key.</summary>
    OperatorKey,

    /// <summary>The cookie of a signed-in browser.</summary>
    Session,

    /// <summary>An API key.</summary>
    ApiKey,

    /// <summary>A token of an external issuer.</summary>
    Token,

    /// <summary>A client certificate of TLS.</summary>
    Certificate,

    /// <summary>The secret address of a link.</summary>
    Link,
}

/// <param name="Id">Distinguishes credentials of one kind. It is not secret.</param>
public readonly record struct Credential(CredentialKind Kind, string? Id = null);
