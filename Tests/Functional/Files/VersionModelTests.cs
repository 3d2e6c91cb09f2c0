using System.Globalization;
using System.Text;
using ChunkUpload.Core.Tree;
using ChunkUpload.Tests.Functional.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Dapper;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>
/// Random replacements, restores, renames, moves, policies, purges and clock steps agree with a plain model: what the rules keep can be
/// read, what they let go is freed and counted out.
/// </summary>
public sealed class VersionModelTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Steps = 14;

    private static readonly string[] Folders = ["", "a", "a/c", "b", "o:", "o:a"];
    private static readonly string[] Names = ["x", "y"];
    private static readonly long KeepDeleted = (long)new FilesOptions().KeepDeleted.TotalSeconds;

    // tools/check --all asks for 2,000.
    private static readonly int Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_VERSION_SEQUENCES"), CultureInfo.InvariantCulture, out var given)
            ? given
            : 100;

    private readonly List<string> _log = [];
    private VersionModel _model = null!;
    private TestTree _tree = null!;
    private EngineRig _rig = null!;

    [Fact]
    public async Task Random_changes_keep_and_free_what_the_model_does()
    {
        _rig = await StartAsync();
        _tree = new TestTree(_rig);
        await _tree.OwnSpaceAsync();
        _model = new VersionModel();
        for (var i = 0; i < Sequences; i++)
        {
            var random = new Random(i);
            _log.Clear();
            _log.Add($"sequence {i}");
            foreach (var folder in Folders.Where(folder => folder is not ("" or "o:")))
                await _tree.FolderAsync(folder);
            for (var step = 0; step < Steps; step++)
                await StepAsync(random);
            await PurgeAsync();
            await EndAsync();
        }

        await _tree.AssertTrueAsync();
        await EngineInvariants.AssertCleanAsync(_rig);
    }

    private Task StepAsync(Random random) => random.Next(12) switch
    {
        < 3 => PutAsync(random),
        3 => PassAsync(random),
        4 => SetPolicyAsync(random),
        5 => RestoreAsync(random),
        6 => NameAsync(random),
        7 => RemoveVersionAsync(random),
        8 or 9 => MoveAsync(random),
        10 => LoseAsync(random),
        _ => PurgeAsync(),
    };

    private async Task PutAsync(Random random)
    {
        var path = Path(random);
        var content = new string('x', random.Next(4)) is { Length: > 0 } some ? $"{some}{random.Next(1000)}" : "";
        await PutAsync(path, content);
    }

    private async Task PutAsync(string path, string content)
    {
        _log.Add($"put {path} '{content}'");
        var upload = await _tree.ReceiveAsync(content, new FileTarget(await _tree.PlaceAsync(path), NameConflict.Replace));
        Assert.Null(upload.UnfiledReason);
        var entry = (await _tree.FindAsync(path)).Entry;
        var (number, created) = await CreatedAsync(entry);
        var next = new VersionModel.Version(number, content, TestSession.Me.Subject, created);
        if (_model.Files.SingleOrDefault(file => file.Path == path) is { } present)
        {
            _model.Put(present, next);
        }
        else
        {
            var (folder, name) = Split(path);
            _model.Files.Add(new VersionModel.File(folder, name) { Versions = [next] });
        }
    }

    private async Task RestoreAsync(Random random)
    {
        if (Some(random) is not { } file || Earlier(random, file) is not { IsGivenUp: false } version)
            return;
        _log.Add($"restore {file.Path} {version.Number}");
        var entry = (await _tree.FindAsync(file.Path)).Entry;
        TestSession.Expect(await _rig.Get<FileVersions>().RestoreAsync(
            TestSession.Me, entry, version.Number, null, CancellationToken.None));
        var (number, created) = await CreatedAsync(entry);
        _model.Put(file, new VersionModel.Version(number, version.Content, TestSession.Me.Subject, created));
    }

    private async Task NameAsync(Random random)
    {
        if (Some(random) is not { } file || file.Versions[random.Next(file.Versions.Count)] is not { IsGivenUp: false } version)
            return;
        version.Label = version.Label is null ? "kept" : null;
        _log.Add($"name {file.Path} {version.Number} '{version.Label}'");
        var named = TestSession.Expect(await _rig.Get<FileVersions>().NameAsync(
            (await _tree.FindAsync(file.Path)).Entry, version.Number, version.Label, CancellationToken.None));
        Assert.Equal(version.Label, named.Label);
    }

    private async Task RemoveVersionAsync(Random random)
    {
        if (Some(random) is not { } file || Earlier(random, file) is not { } version)
            return;
        _log.Add($"remove {file.Path} {version.Number}");
        Assert.Null(await _rig.Get<FileVersions>().RemoveAsync(
            (await _tree.FindAsync(file.Path)).Entry, version.Number, CancellationToken.None));
        (version.IsGivenUp, version.Label) = (true, null);
    }

    /// <summary>The content before the present one becomes the loser of a conflict, which needs two uploads at once.</summary>
    private async Task LoseAsync(Random random)
    {
        if (Some(random) is not { } file || file.Versions.Count < 2 || file.Versions[^2] is not { IsGivenUp: false } version)
            return;
        _log.Add($"lose {file.Path} {version.Number}");
        version.IsLoser = true;
        await using var connection = await _rig.ConnectAsync();
        await connection.ExecuteAsync(
            "update entry_versions set loser = true, kept = true where entry = @Entry and number = @Number",
            new { Entry = (await _tree.FindAsync(file.Path)).Entry.Id.Value, version.Number });
    }

    private async Task MoveAsync(Random random)
    {
        var to = Path(random);
        if (Some(random) is not { } file || _model.Files.Any(other => other.Path == to))
            return;
        _log.Add($"move {file.Path} {to}");
        if (file.Path.StartsWith("o:", StringComparison.Ordinal) == to.StartsWith("o:", StringComparison.Ordinal))
            await _tree.MoveAsync(file.Path, to);
        else
            await _tree.BeginMoveAsync(file.Path, to);
        var (folder, name) = Split(to);
        _model.Move(file, folder);
        file.Name = name;
    }

    private async Task SetPolicyAsync(Random random)
    {
        var folder = Folders[random.Next(Folders.Length)];
        var policy = random.Next(4) == 0
            ? null
            : new VersionModel.Policy(
                random.Next(3), random.Next(2) * random.Next(48), random.Next(2) * random.Next(30), random.Next(2) * random.Next(8),
                random.Next(2) == 0 ? null : random.Next(12));
        await SetPolicyAsync(folder, policy);
    }

    private async Task SetPolicyAsync(string folder, VersionModel.Policy? policy)
    {
        _log.Add($"policy '{folder}' {policy}");
        var bare = folder.StartsWith("o:", StringComparison.Ordinal) ? folder[2..] : folder;
        Assert.Null(await _rig.Get<FileVersions>().SetPolicyAsync(
            TestSession.Me, await _tree.SpaceOfAsync(folder), bare.Length == 0 ? [] : bare.Split('/'),
            policy is null ? null : new VersionPolicy(policy.Last, policy.Hours, policy.Days, policy.Weeks, policy.Bytes),
            CancellationToken.None));
        _model.SetPolicy(folder, policy);
    }

    private Task PassAsync(Random random) => PassAsync(
        random.Next(6) switch
        {
            0 => TimeSpan.FromSeconds(1),
            1 => TimeSpan.FromHours(1),
            2 => TimeSpan.FromHours(11),
            3 => TimeSpan.FromDays(1),
            4 => TimeSpan.FromDays(6),
            _ => TimeSpan.FromDays(9),
        });

    /// <summary>Advances the service's clock, so that everything becomes older.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        _log.Add($"pass {time}");
        await _rig.AgeAsync(time);
        await using var connection = await _rig.ConnectAsync();
        await connection.ExecuteAsync("update entry_versions set created_at = created_at - @time, until = until - @time", new { time });
        _model.Pass(time);
    }

    private async Task PurgeAsync()
    {
        _log.Add("purge");
        await _tree.PurgeAsync();
        _model.Purge(KeepDeleted);
        foreach (var file in _model.Files)
        {
            var entry = (await _tree.FindAsync(file.Path)).Entry;
            var found = await _rig.Get<FileVersions>().ListAsync(entry, null, 1000, CancellationToken.None);
            Assert.True(
                file.Versions.AsEnumerable().Reverse().Select(Word).SequenceEqual(found.Select(Word)),
                $"{string.Join('\n', _log)}\n{file.Path} at {_model.Clock}\n"
                    + $"model  {string.Join(", ", file.Versions.AsEnumerable().Reverse().Select(Word))}\n"
                    + $"ledger {string.Join(", ", found.Select(Word))}");
            foreach (var version in found)
                Assert.Equal(UploadState.Completed, (await _rig.Ledger.GetAsync(version.Upload, CancellationToken.None))!.State);
        }

        await using var connection = await _rig.ConnectAsync();
        var kept = await connection.ExecuteScalarAsync<long>(
            "select count(*) from entry_versions v join entries e on e.id = v.entry where e.removed_at is null");
        Assert.Equal(_model.Files.Sum(file => file.Versions.Count), kept);
    }

    /// <summary>Removes everything, and the policies.</summary>
    private async Task EndAsync()
    {
        foreach (var folder in Folders)
            await SetPolicyAsync(folder, null);
        foreach (var path in (await _tree.ReadAsync()).Keys.Where(path => !path.Contains('/', StringComparison.Ordinal)).ToList())
            await _tree.RemoveAsync(path);
        await _tree.EmptyAsync();
        await _tree.PurgeAsync();
        _model.Files.Clear();
        foreach (var folder in Folders.Where(folder => folder is not ("" or "o:")))
            _model[folder].Placed = 0;
        await using var connection = await _rig.ConnectAsync();
        Assert.Equal(
            (0L, 0L), await connection.QuerySingleAsync<(long, long)>("select sum(bytes)::bigint, sum(earlier_bytes)::bigint from spaces"));
    }

    private async Task<(int Number, DateTimeOffset Created)> CreatedAsync(Entry entry)
    {
        await using var connection = await _rig.ConnectAsync();
        var (number, at) = await connection.QuerySingleAsync<(int, DateTime)>(
            "select number, created_at from entry_versions where entry = @Id and until is null", new { Id = entry.Id.Value });
        return (number, new DateTimeOffset(at, TimeSpan.Zero));
    }

    private VersionModel.File? Some(Random random) =>
        _model.Files.Count == 0 ? null : _model.Files[random.Next(_model.Files.Count)];

    private static VersionModel.Version? Earlier(Random random, VersionModel.File file) =>
        file.Versions.Count < 2 ? null : file.Versions[random.Next(file.Versions.Count - 1)];

    private static string Path(Random random)
    {
        var folder = Folders[random.Next(Folders.Length)];
        var name = Names[random.Next(Names.Length)];
        return folder is "" or "o:" ? folder + name : $"{folder}/{name}";
    }

    private static (string Folder, string Name) Split(string path)
    {
        var cut = path.LastIndexOf('/');
        if (cut >= 0)
            return (path[..cut], path[(cut + 1)..]);
        return path.StartsWith("o:", StringComparison.Ordinal) ? ("o:", path[2..]) : ("", path);
    }

    private static string Word(VersionModel.Version version) => Word(
        version.Number, Sha256Digest.Of(Encoding.UTF8.GetBytes(version.Content)), version.Label, version.IsLoser);

    private static string Word(FileVersion version) =>
        Word(version.Number, version.Sha256!.Value, version.Label, version.LostConflict);

    private static string Word(int number, Sha256Digest digest, string? label, bool isLoser) =>
        $"{number} {digest.ToString()[..6]} {label}{(isLoser ? "!" : "")}";
}
