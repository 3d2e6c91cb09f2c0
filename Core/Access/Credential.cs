namespace ChunkUpload.Core.Access;

/// <summary>How a caller authenticated.</summary>
public enum CredentialKind
{
    /// <summary>Not at all: the service runs with <c>Access:Mode=Open</c>.</summary>
    None,

    /// <summary>The operator key.</summary>
    OperatorKey,

    /// <summary>The cookie of a signed-in browser.</summary>
    Session,

    /// <summary>An API key.</summary>
    ApiKey,

    /// <summary>A token of the outside issuer.</summary>
    Token,

    /// <summary>A certificate that the client shows over TLS.</summary>
    Certificate,

    /// <summary>The secret address of a link.</summary>
    Link,
}

/// <param name="Id">Tells several credentials of one kind apart; it is not secret.</param>
public readonly record struct Credential(CredentialKind Kind, string? Id = null);
