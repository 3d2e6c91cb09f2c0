using System.Runtime.InteropServices;

namespace ChunkUpload.Core.Advisor;

/// <summary>An upload's measurements since the last call, without the clients' hints.</summary>
[StructLayout(LayoutKind.Auto)]
public record struct NetworkDelta
{
    public double Bytes { get; set; }

    public double Seconds { get; set; }

    /// <summary>Sum of rate² × seconds.</summary>
    public double Squares { get; set; }

    /// <summary>The last gap between two bodies; 0 when there was none.</summary>
    public double Gap { get; set; }

    public double Breaks { get; set; }

    public double Drops { get; set; }

    public double Corrupt { get; set; }

    public double Verified { get; set; }

    public long LargestOk { get; set; }

    public int Commits { get; set; }
}
