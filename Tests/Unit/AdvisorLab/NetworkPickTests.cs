using ChunkUpload.AdvisorLab;
using ChunkUpload.AdvisorLab.Emulated;
using ChunkUpload.AdvisorLab.Traces;

namespace ChunkUpload.Tests.Unit.AdvisorLab;

/// <summary>Which networks are picked for emulation in real time.</summary>
public sealed class NetworkPickTests
{
    private static readonly IReadOnlyList<Trace> Networks =
    [
        Slow("one", "only"), .. Enumerable.Range(0, 9).Select(number => Slow("some", $"{number}")), .. Enumerable.Range(0, 9)
            .Select(number => Slow("more", $"{number}")),
        new("fast", "fast", 0.1, cellular: false, uplink: true, [(10, 1e8)]),
    ];

    [Fact]
    public void No_network_is_taken_twice_and_none_that_is_too_fast()
    {
        var picked = NetworkPick.Of(Networks, 12, 1, 60, 90);
        Assert.Equal(12, picked.Select(scenario => scenario.Trace.Name).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 12), picked.Select(scenario => scenario.Number));
        Assert.DoesNotContain(picked, scenario => scenario.Trace.Name == "fast");
        Assert.Equal(3, picked.Count(scenario => scenario.Mtbf == 5));
    }

    [Fact]
    public void The_seed_decides_the_choice()
    {
        Assert.Equal(Names(1), Names(1));
        Assert.NotEqual(Names(1), Names(2));

        static List<string> Names(ulong seed) =>
            [.. NetworkPick.Of(Networks, 6, seed, 60, 90).Select(scenario => scenario.Trace.Name)];
    }

    [Fact]
    public void More_than_there_are_is_refused() => Assert.Throws<LabException>(() => NetworkPick.Of(Networks, 20, 1, 60, 90));

    private static Trace Slow(string family, string name) =>
        new($"{family}__{name}", family, 0.1, cellular: false, uplink: true, [(10, 1e5)]);
}
