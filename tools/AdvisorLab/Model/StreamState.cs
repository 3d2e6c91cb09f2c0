namespace ChunkUpload.AdvisorLab.Model;

internal enum Phase
{
    Idle,

    /// <summary>Waits for the retry.</summary>
    Waiting,
    Connecting,

    /// <summary>Asks for the offset at which to continue.</summary>
    Asking,
    Sending,

    /// <summary>Everything is sent, and the answer has not arrived.</summary>
    Answering,
}

/// <summary>One of a client's streams.</summary>
internal struct StreamState
{
    public Phase Phase;

    /// <summary>When the phase ends by itself; infinite while sending.</summary>
    public double Until;

    /// <summary>When the client gives up connecting.</summary>
    public double Deadline;

    /// <summary>The chunk's size, 0 without one, and how much of it was kept before this request.</summary>
    public long Size;
    public double Kept;

    /// <summary>Bytes of this request, including its head, that are still to be sent, and its whole length.</summary>
    public double Left;
    public double Body;

    public double RequestStart;
    public double LastProgress;

    /// <summary>When the last byte of the request was sent.</summary>
    public double BodyEnd;

    /// <summary>When the previous body was completely sent; NaN when something happened in between.</summary>
    public double GapFrom;
    public double Rate;
    public double LastRate;

    /// <summary>How long its connection has been sending, which determines slow start.</summary>
    public double Age;
    public double LastSend;
    public bool Connected;
    public bool Asks;
    public bool Corrupt;

    /// <summary>The network dropped the connection silently.</summary>
    public bool Silent;

    /// <summary>When its client last saw progress on it.</summary>
    public double MovedAt;

    public readonly double Sent => Body - Math.Min(Body, Left);
}
