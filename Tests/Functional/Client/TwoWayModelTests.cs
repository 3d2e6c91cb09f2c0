using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ChunkUpload.Client.State;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>
/// Random changes of a local folder and of one of a real service, with kills before records and edits in the middle of rounds. The sides
/// must converge, and no content may be lost that nobody has removed or replaced.
/// </summary>
/// <remarks>CHUNKUPLOAD_TWO_WAY_SEQUENCES sets the number of sequences.</remarks>
[Collection(DeviceCollection.Name)]
[SuppressMessage("Security", "CA5394", Justification = "The sequences must be the same in each run.")]
public sealed class TwoWayModelTests(ApiFixture fixture)
{
    private static readonly int Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_TWO_WAY_SEQUENCES"), out var number) ? number : 30;

    private static readonly string[] Names = ["a", "b", "c"];

    [Fact]
    public async Task Sides_converge_and_nothing_is_lost()
    {
        var (conflicts, kills) = (0, 0);
        for (var seed = 0; seed < Sequences; seed++)
        {
            using var rig = new TwoWayRig(fixture.Service);
            var run = new Run(rig, new Random(seed));
            for (var round = 0; round < 3; round++)
                await run.RoundAsync();
            await run.SettleAsync(seed);
            conflicts += run.Conflicts;
            kills += run.Kills;
        }

        Assert.True(conflicts >= Sequences / 5, $"The sequences had only {conflicts} conflicts.");
        Assert.True(kills >= Sequences / 5, $"The sequences had only {kills} kills.");
    }

    private sealed class Killed : Exception;

    private sealed class Run
    {
        private readonly TwoWayRig _rig;
        private readonly Random _random;
        private readonly HashSet<string> _made = [];
        private readonly HashSet<string> _ended = [];
        private bool _isSettling;
        private int _texts;

        public Run(TwoWayRig rig, Random random)
        {
            (_rig, _random) = (rig, random);
            _ = Directory.CreateDirectory(rig.Root);
            rig.Settings = rig.Settings with { Rule = SyncConflictRule.Both };
            rig.BeforeRecord = BeforeRecord;
        }

        public int Conflicts { get; private set; }

        public int Kills { get; private set; }

        public async Task RoundAsync()
        {
            // The second side sees the state of the first one before these changes.
            for (var changes = _random.Next(1, 5); changes > 0; changes--)
            {
                if (_random.Next(2) == 0)
                    ChangeHere();
                else
                    await ChangeThereAsync();
            }

            await SyncAsync();
        }

        public async Task SettleAsync(int seed)
        {
            _isSettling = true;
            for (var rounds = 0; rounds < 8; rounds++)
            {
                if (await SyncAsync())
                    break;
            }

            // Conflicts that the rule has decided count, too.
            Conflicts += _rig.Notes.Count(note => note.Done == "decided");
            var (here, there) = (_rig.Here(), await _rig.ThereAsync());
            Assert.True(
                here.SequenceEqual(there), $"{seed}: {string.Join(" ", here)}\n{string.Join(" ", there)}\n{string.Join("\n", _rig.Notes)}");
            var lost = _made.Except(_ended).Except(here.Values).ToList();
            Assert.True(lost.Count == 0, $"{seed}: lost {string.Join(" ", lost)}\n{string.Join("\n", _rig.Notes)}");
        }

        /// <returns>Whether the pair is in sync.</returns>
        private async Task<bool> SyncAsync()
        {
            try
            {
                var told = await _rig.SyncAsync();
                Conflicts += told.Conflicts.Count;
                foreach (var conflict in told.Conflicts)
                    _rig.Answer(conflict, SyncAnswer.Both);
                if (told.Question is { } question)
                    _rig.Files.Leave(new SyncReply(null, question.Digest, SyncAnswer.Apply));
                return told.State == "in_step";
            }
            catch (Exception failure) when (failure is Killed || failure.InnerException is Killed)
            {
                Kills++;
                return false;
            }
        }

        private void BeforeRecord()
        {
            if (_isSettling)
                return;
            if (_random.Next(10) == 0)
                ChangeHere();
            if (_random.Next(10) == 0)
                throw new Killed();
        }

        private string Text()
        {
            var text = (++_texts).ToString(CultureInfo.InvariantCulture);
            _ = _made.Add(text);
            return text;
        }

        private string Name() => _random.Next(3) == 0
            ? $"{Names[_random.Next(3)]}/{Names[_random.Next(3)]}"
            : Names[_random.Next(3)];

        private void ChangeHere()
        {
            var (path, full) = (Name(), "");
            full = Path.Combine(_rig.Root, path);
            try
            {
                switch (_random.Next(4))
                {
                    case 0 or 1 when !Directory.Exists(full) && !File.Exists(Path.GetDirectoryName(full)):
                        if (File.Exists(full))
                            _ = _ended.Add(File.ReadAllText(full));
                        _rig.Write(path, Text());
                        break;
                    case 2 when Path.Exists(full):
                        EndHere(full);
                        if (Directory.Exists(full))
                            Directory.Delete(full, recursive: true);
                        else
                            File.Delete(full);
                        break;
                    case 3 when Path.Exists(full) && Path.Combine(_rig.Root, Name()) is var to && !Path.Exists(to)
                        && !to.StartsWith(full, StringComparison.Ordinal) && Directory.Exists(Path.GetDirectoryName(to)):
                        Directory.Move(full, to);
                        break;
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // The round has just moved the file that this changes.
            }
        }

        private void EndHere(string full)
        {
            foreach (var file in File.Exists(full) ? [full] : Directory.GetFiles(full, "*", SearchOption.AllDirectories))
                _ = _ended.Add(File.ReadAllText(file));
        }

        private async Task ChangeThereAsync()
        {
            var there = Kills + _texts > 0 ? await TryAsync() : [];
            var path = Name();
            var above = path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "";
            switch (_random.Next(4))
            {
                case 0 or 1 when there.GetValueOrDefault(path) != "/" && (above.Length == 0 || there.GetValueOrDefault(above, "/") == "/"):
                    if (there.TryGetValue(path, out var old))
                        _ = _ended.Add(old);
                    await _rig.PutAsync(path, Text());
                    break;
                case 2 when there.ContainsKey(path):
                    foreach (var (_, text) in there.Where(item => SyncQuestions.IsAt(item.Key, path)))
                        _ = _ended.Add(text);
                    await _rig.RemoveAsync(path);
                    break;
                case 3 when there.ContainsKey(path) && Name() is var to && !there.ContainsKey(to) && !SyncQuestions.IsAt(to, path)
                    && (to.LastIndexOf('/') is not (> 0 and var end) || there.GetValueOrDefault(to[..end]) == "/"):
                    await _rig.MoveAsync(path, to);
                    break;
            }
        }

        private async Task<SortedDictionary<string, string>> TryAsync()
        {
            try
            {
                return await _rig.ThereAsync();
            }
            catch (ChunkUpload.Client.TransferException failure) when (failure.Status == 404)
            {
                return [];
            }
        }
    }
}
