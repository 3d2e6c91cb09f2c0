namespace ChunkUpload.Bench.Peers;

/// <summary>One run of one server.</summary>
internal sealed record Sample(string Scenario, string Peer, int Round)
{
    public double Wall { get; init; }

    public double UserCpu { get; init; }

    public double SystemCpu { get; init; }

    /// <summary>The CPU time of PostgreSQL's processes, user and system.</summary>
    public double DatabaseCpu { get; init; }

    /// <summary>The CPU time of the load generator.</summary>
    public double ClientCpu { get; init; }

    /// <summary>The CPU time of kernel threads: the loop device, writeback and the file system's journal.</summary>
    public double KernelCpu { get; init; }

    public long Bytes { get; init; }

    public int Requests { get; init; }

    public int Uploads { get; init; }

    public long PeakBytes { get; init; }

    public long DatabaseBytes { get; init; }

    public long Flushes { get; init; }

    public long ReRead { get; init; }

    public IReadOnlyDictionary<string, double> More { get; init; } = new Dictionary<string, double>();

    public double Cpu => UserCpu + SystemCpu + DatabaseCpu;

    public double CpuPerGib => Cpu / Bytes * (1L << 30);

    public double CpuMsPerRequest => Cpu / Requests * 1000;

    public double RequestsPerSecond => Requests / Wall;
}
