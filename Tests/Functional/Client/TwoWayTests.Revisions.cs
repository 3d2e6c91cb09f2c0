using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Client;
using UploadOptions = ChunkUpload.Client.UploadOptions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Sessions, which replace exactly the revision that was seen.</summary>
public sealed partial class TwoWayTests
{
    [Fact]
    public async Task A_large_file_replaces_only_the_revision_that_was_seen()
    {
        _rig.Write("large.bin", new string('l', 9 << 20));
        await _rig.InStepAsync();
        _rig.Write("large.bin", new string('m', 9 << 20));
        await _rig.InStepAsync();
        Assert.Equal(2, await VersionsAsync("large.bin"));

        using var client = _rig.Machine.Client(fixture.Service.Address, fixture.Service.Key);
        var revision = (await client.EntryAsync(await _rig.IdAsync("large.bin"), CancellationToken.None)).Revision;
        var path = $"{_rig.Place}/large.bin";
        Assert.Equal((400, "invalid_field"), await BeginAsync(new { path, size = 1, revision }));
        Assert.Equal((412, "entry_changed"), await BeginAsync(new { path, size = 1, conflict = "replace", revision = revision + 1 }));
        Assert.Equal(
            (412, "entry_changed"), await BeginAsync(new { path = path + ".missing", size = 1, conflict = "replace", revision }));

        // Changed between the begin and the end: the upload gets no place.
        File.WriteAllText(_rig.Machine.At("other.bin"), new string('n', 9 << 20));
        var changed = false;
        var failure = await Assert.ThrowsAsync<TransferException>(() => client.SendForPairAsync(
            _rig.Machine.At("other.bin"),
            new UploadOptions { Path = path, Revision = revision, IsOfPair = true },
            new ClientRig.Reports(now =>
            {
                if (now.Safe == 0 || changed)
                    return;
                changed = true;
                _rig.PutAsync("large.bin", "changed meanwhile").GetAwaiter().GetResult();
            }),
            CancellationToken.None));
        Assert.Equal(TransferFailure.Conflict, failure.Failure);
        Assert.Equal("changed meanwhile", (await _rig.ThereAsync())["large.bin"]);
    }

    private async Task<(int Status, string? Code)> BeginAsync(object body)
    {
        using var answer = await fixture.Service.Client.PostAsJsonAsync(new Uri("/api/sessions", UriKind.Relative), body);
        return ((int)answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }
}
