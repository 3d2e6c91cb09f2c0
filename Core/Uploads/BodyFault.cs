namespace ChunkUpload.Core.Uploads;

public enum BodyFault
{
    /// <summary>Its framing is broken; what came before that is as good as any byte.</summary>
    Malformed = 1,

    /// <summary>It comes more slowly than the server waits for.</summary>
    TooSlow,
}

/// <summary>What a request's body says of its end when the connection is there and the body is not: its client can be answered.</summary>
public sealed class BodyFaultException(BodyFault fault, Exception inner) : IOException(inner.Message, inner)
{
    public BodyFault Fault => fault;
}
