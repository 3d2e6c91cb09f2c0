namespace ChunkUpload.AdvisorLab.Model;

internal enum Phase
{
    Idle,

    /// <summary>Until the retry.</summary>
    Waiting,
    Connecting,

    /// <summary>Asks where to go on.</summary>
    Asking,
    Sending,

    /// <summary>All is sent, the answer is not here.</summary>
    Answering,
}

/// <summary>One of a client's streams.</summary>
internal struct StreamState
{
    public Phase Phase;

    /// <summary>When the phase ends by itself; infinite for sending.</summary>
    public double Until;

    /// <summary>When connecting is given up.</summary>
    public double Deadline;

    /// <summary>The chunk, 0 without one, and how much of it had been kept before this request.</summary>
    public long Size;
    public double Kept;

    /// <summary>What is still to be sent in this request, its head among it, and how long it is altogether.</summary>
    public double Left;
    public double Body;

    public double RequestStart;
    public double LastProgress;

    /// <summary>When the last byte of the request was sent.</summary>
    public double BodyEnd;

    /// <summary>When the body before was sent to its end; NaN when something came between.</summary>
    public double GapFrom;
    public double Rate;
    public double LastRate;

    /// <summary>For how long its connection has sent, which is how far slow start has come.</summary>
    public double Age;
    public double LastSend;
    public bool Connected;
    public bool Asks;
    public bool Corrupt;

    /// <summary>The network dropped the connection without a word.</summary>
    public bool Silent;

    /// <summary>When its client last saw something move on it.</summary>
    public double MovedAt;

    public readonly double Sent => Body - Math.Min(Body, Left);
}
