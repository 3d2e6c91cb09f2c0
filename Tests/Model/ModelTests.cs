using System.Globalization;
using ChunkUpload.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace ChunkUpload.Tests.Model;

/// <summary>
/// Runs random sequences of requests in both protocols and the session API, each on its own uploads, against <see cref="UploadModel"/>.
/// Prints the seed; CHUNKUPLOAD_MODEL_SEED repeats it, and a failing sequence is shrunk.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private const int Sequences = 3000;
    private const int Lanes = 3;

    [Fact]
    public async Task Random_sequences_are_answered_as_the_model_says()
    {
        var seed = ulong.TryParse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_MODEL_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given
            : (ulong)Random.Shared.NextInt64();
        output.WriteLine($"CHUNKUPLOAD_MODEL_SEED={seed}");
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        // Other tests cover flushes; without them three thousand sequences take less than a minute.
        await using var service = await TestService.StartAsync(
            postgres, new Dictionary<string, string> { ["Storage:Durability"] = "Relaxed" });
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => Check(service, seed + (ulong)lane))));

        Assert.DoesNotContain(service.Log.All, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    /// <summary>A lane runs a third of them, with a seed of its own.</summary>
    private static void Check(TestService service, ulong seed)
    {
        using var http = service.CreateClient();
        var client = new TusClient(http);
        var property = Prop.ForAll(Step.Sequences, steps => new ModelRun(client).RunAsync(steps).GetAwaiter().GetResult());
        // The second number of a seed is odd, by its generator's rules.
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(Sequences / Lanes).WithEndSize(20)
            .WithReplay(new Replay(new Rnd(seed, 1), null)), property);
    }
}
