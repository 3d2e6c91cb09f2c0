namespace ChunkUpload.Core.Uploads.Receiving;

/// <summary>What is wrong with a body whose connection still works.</summary>
public enum BodyFault
{
    /// <summary>The framing is broken. The bytes before the fault are valid.</summary>
    Malformed = 1,

    /// <summary>The body arrives more slowly than the server's minimum data rate.</summary>
    TooSlow,
}

/// <summary>A fault of the body on a connection that still works, so that the client can be answered.</summary>
public sealed class BodyFaultException(BodyFault fault, Exception inner) : IOException(inner.Message, inner)
{
    public BodyFault Fault => fault;
}
