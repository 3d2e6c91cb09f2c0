using System.Collections.Concurrent;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>The service is killed in the middle of PUT, MOVE, COPY and LOCK.</summary>
[Trait("Runs", "release")]
public sealed class DavKillTests
{
    private const int Kills = 3;
    private const int Members = 12;

    // The content that was sent, and whether it was acknowledged.
    private readonly ConcurrentDictionary<int, bool> _written = new();
    private readonly ConcurrentDictionary<int, bool> _moved = new();
    private readonly ConcurrentDictionary<int, bool> _copied = new();
    private readonly ConcurrentDictionary<int, string> _locked = new();
    private int _number;

    [Fact]
    public async Task Nothing_that_was_acknowledged_is_lost_and_no_half_of_a_change_stays()
    {
        var folder = ServiceFolder.Create();
        try
        {
            for (var kill = 0; kill <= Kills; kill++)
            {
                await using var service = await ServiceProcess.StartAsync(folder);
                using var dav = new DavClient(service.Address, service.Key, "killed");
                if (kill == 0)
                    await PrepareAsync(dav);
                else
                    await AssertTrueAsync(dav);
                if (kill == Kills)
                {
                    Assert.Equal(0, await service.StopAsync());
                    break;
                }

                var enough = _number + 40 + (kill * 17);
                var work = Enumerable.Range(0, 4).Select(kind => RepeatAsync(dav, kind)).ToArray();
                await Eventually.HoldsAsync(() => Task.FromResult(Volatile.Read(ref _number) >= enough));
                await service.Kill9Async();
                await Task.WhenAll(work);
            }
        }
        finally
        {
            await ServiceProcess.StopOrphanedDatabaseAsync(folder);
            ServiceFolder.Remove(folder);
        }
    }

    private static async Task PrepareAsync(DavClient dav)
    {
        await dav.FolderAsync("");
        await dav.FolderAsync("tree");
        for (var i = 0; i < Members; i++)
            await dav.PutAsync($"tree/{i}", $"{i}");
    }

    /// <summary>Repeats one kind of request until the service is gone.</summary>
    private async Task RepeatAsync(DavClient dav, int kind)
    {
        try
        {
            while (true)
                await ActAsync(dav, kind, Interlocked.Increment(ref _number));
        }
        catch (HttpRequestException)
        {
            // The service was killed.
        }
    }

    private async Task ActAsync(DavClient dav, int kind, int number)
    {
        switch (kind)
        {
            case 0:
                _written[number] = false;
                _written[number] = await dav.StatusAsync("PUT", $"put{number}", $"{number}") == 201;
                break;
            case 1:
                await dav.PutAsync($"from{number}", $"{number}");
                _moved[number] = false;
                _moved[number] = await dav.PutAtAsync("MOVE", $"from{number}", $"to{number}") == 201;
                break;
            case 2:
                _copied[number] = false;
                _copied[number] = await dav.PutAtAsync("COPY", "tree", $"copy{number}") == 201;
                break;
            default:
                using (var answer = await dav.SendAsync("LOCK", $"lock{number}", DavClient.Exclusive))
                {
                    Assert.Equal(201, (int)answer.StatusCode);
                    _locked[number] = Assert.Single(answer.Headers.GetValues("Lock-Token")).Trim('<', '>');
                }

                break;
        }
    }

    private async Task AssertTrueAsync(DavClient dav)
    {
        var there = (await dav.ListAsync("")).Select(href => href[(dav.Root.Length + 1)..].TrimEnd('/')).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(there, name => name.StartsWith(".copy-", StringComparison.Ordinal));
        foreach (var (number, acknowledged) in _written)
        {
            Assert.True(there.Contains($"put{number}") || !acknowledged, $"put{number} is lost");
            if (there.Contains($"put{number}"))
                Assert.Equal($"{number}", await dav.ReadAsync($"put{number}"));
        }

        foreach (var (number, acknowledged) in _moved)
        {
            var moved = there.Contains($"to{number}");
            Assert.True(moved || !acknowledged, $"to{number} is lost");
            Assert.True(moved != there.Contains($"from{number}"), $"{number} is at both places, or at none");
            Assert.Equal($"{number}", await dav.ReadAsync(moved ? $"to{number}" : $"from{number}"));
        }

        foreach (var (number, acknowledged) in _copied)
        {
            Assert.True(there.Contains($"copy{number}") || !acknowledged, $"copy{number} is lost");
            if (there.Contains($"copy{number}"))
                Assert.Equal(Members, (await dav.ListAsync($"copy{number}")).Length);
        }

        foreach (var (number, token) in _locked)
        {
            Assert.Equal(423, await dav.StatusAsync("PUT", $"lock{number}", "x"));
            Assert.Equal(204, await dav.StatusAsync("UNLOCK", $"lock{number}", null, ("Lock-Token", $"<{token}>")));
        }

        _locked.Clear();
    }
}
