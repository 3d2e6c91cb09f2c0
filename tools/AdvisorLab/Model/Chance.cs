namespace ChunkUpload.AdvisorLab.Model;

/// <summary>Random numbers that are the same on every machine and runtime (SplitMix64).</summary>
internal struct Chance(ulong seed)
{
    private ulong _state = seed;

    /// <summary>An independent sequence for each combination.</summary>
    public static Chance Of(ulong seed, ulong first, ulong second = 0)
    {
        var mixed = new Chance(seed);
        mixed = new Chance(mixed.Next() ^ (first * 0xD1342543DE82EF95));
        return new Chance(mixed.Next() ^ (second * 0xAF251AF3B0F025B5));
    }

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 up to, but not including, 1.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    public double Between(double from, double to) => from + ((to - from) * Unit());

    public double Exponential(double mean) => double.IsInfinity(mean) ? double.PositiveInfinity : -Math.Log(1 - Unit()) * mean;

    public int Below(int count) => (int)(Unit() * count);

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];
}
