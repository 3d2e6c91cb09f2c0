using System.Security.Cryptography;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static ChunkUpload.Core.Projects.FileTransferOutcome;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>
/// Random orders of all that the requester, the device's agents, its user and the service may say about a transfer, late calls too, against
/// a plain state machine. CHUNKUPLOAD_MODEL_SEQUENCES sets the number; a release runs 2,000.
/// </summary>
[Collection(DeviceCollection.Name)]
public sealed class FileTransferModelTests(ApiFixture fixture)
{
    private const int Steps = 25;
    private static readonly byte[] Content = "contents"u8.ToArray();
    private static readonly byte[] Right = SHA256.HashData(Content);
    private static readonly byte[] Wrong = new byte[32];

    // A receiver may lack all bytes, or one range.
    private static readonly ByteRange?[] Lacks =
    [
        null, ByteRange.Between(0, 4), ByteRange.Between(4, 8), ByteRange.Between(0, 6), ByteRange.Between(5, 6),
    ];

    private static readonly Guid[] Agents = [Guid.NewGuid(), Guid.NewGuid()];

    private static readonly int Sequences =
        int.TryParse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_MODEL_SEQUENCES"), out var number) ? number : 200;

    private readonly TestService _service = fixture.Service;

    [Fact]
    public async Task Every_order_of_calls_ends_as_the_plain_state_machine_says()
    {
        var rig = await AskRig.StartAsync(_service, Content.Length);
        foreach (var some in Enumerable.Range(0, Sequences).Chunk(500))
            await rig.Mara.TellAsync(rig.Project, [.. some.Select(one => Upsert($"/line-14/n{one}", Content.Length))]);
        for (var seed = 0; seed < Sequences; seed++)
        {
            var run = new Run(_service, rig, await rig.AskAsync(path: $"/line-14/n{seed}"), new Random(seed));
            for (var step = 0; step < Steps; step++)
                await run.StepAsync($"sequence {seed}, step {step}");
        }
    }

    private sealed class Run(TestService service, AskRig rig, Guid id, Random random)
    {
        private readonly IFileTransferLedger _ledger = service.Services.GetRequiredService<IFileTransferLedger>();
        private readonly Caller _requester = new(Caller.DefaultTenant, rig.Ines.User.Subject) { Scopes = Scopes.All };
        private readonly Caller _user = new(Caller.DefaultTenant, rig.Mara.User.Subject) { Scopes = Scopes.All };

        private readonly Caller _device = new(Caller.DefaultTenant, rig.Mara.User.Subject)
        {
            Scopes = Scopes.All,
            Credential = new Credential(
                CredentialKind.ApiKey, rig.Mara.Client.DefaultRequestHeaders.GetValues(TestPeople.KeyHeader).Single()),
        };

        // The plain state machine.
        private FileTransferStatus _status = FileTransferStatus.Pending;
        private FileAnswer _answer = FileAnswer.Waiting;
        private int _attempt = 1;
        private Guid? _claim;
        private UploadId? _relay;
        private bool _isWhole;
        private FileWay _way = FileWay.Relay;
        private byte[]? _hash;

        // The ranges of the file that are relayed, and the digest that the source has sent.
        private ByteRange? _range;
        private byte[]? _told;

        private bool IsOpen => _status is FileTransferStatus.Pending or FileTransferStatus.InProgress;

        public async Task StepAsync(string where)
        {
            // Mostly the present attempt and the first agent, so that sequences get somewhere.
            var attempt = random.Next(6) == 0 ? _attempt + random.Next(-1, 2) : _attempt;
            var agent = Agents[random.Next(6) == 0 ? 1 : 0];
            var hash = random.Next(4) == 0 ? Wrong : Right;
            var act = random.Next(16);
            var way = (FileWay)random.Next(1, 4);
            var lacks = Lacks[random.Next(Lacks.Length)];
            // A wrong digest of the first word could never be relayed.
            var sent = _told is null ? (random.Next(2) == 0 ? null : Right) : hash;
            var (name, got, expected) = act switch
            {
                0 or 1 => ("claim", await ClaimAsync(attempt, agent, way), Claim(attempt, agent, way)),
                14 or 15 => ($"way {way}", await SetWayAsync(attempt, way, lacks), SetWay(attempt, way, lacks)),
                2 => ("progress", await ChangeAsync(FileTransferAct.Progress, _device, attempt, agent), Said(attempt, agent)),
                3 => ("sent", await ChangeAsync(FileTransferAct.Sent, _device, attempt, agent, sent), Sent(attempt, agent, sent)),
                4 => ("source fails", await ChangeAsync(FileTransferAct.Fail, _device, attempt, agent), SourceFails(attempt, agent)),
                5 => ("receiver fails", await ChangeAsync(FileTransferAct.Fail, _requester, attempt), ReceiverFails(attempt)),
                6 => ("complete", await ChangeAsync(FileTransferAct.Complete, _requester, attempt, hash: hash), Complete(attempt, hash)),
                7 => ("cancel", await ChangeAsync(FileTransferAct.Cancel, _requester, null), Cancel()),
                8 => ("retry", await RetryAsync(attempt), Retry(attempt)),
                9 => ("approve", await _ledger.AnswerAsync(rig.Project, id, _user, true, false, default), Approve()),
                10 when random.Next(3) == 0 =>
                    ("decline", await _ledger.AnswerAsync(rig.Project, id, _user, false, false, default), Decline()),
                11 or 12 => ("relay", await RelayAsync(agent), Relay(agent)),
                13 when random.Next(4) == 0 => ("expire", await ExpireAsync(), Expire()),
                _ => ("the relay ends", await RelayEndsAsync(), Ok),
            };
            Assert.True(got == expected, $"{where}, {name}: {got} instead of {expected}");
            var row = (await _ledger.GetAsync(id, default))!;
            Assert.True(
                (row.Status, row.Answer, row.Attempt, row.Claim, row.Relay, row.Way, row.RelayRanges?.Single())
                    == (_status, _answer, _attempt, _claim, _relay, _way, _range),
                $"{where}, {name}: "
                    + $"{(row.Status, row.Answer, row.Attempt, row.Claim, row.Relay, row.Way, row.RelayRanges?.Single())} instead of "
                    + $"{(_status, _answer, _attempt, _claim, _relay, _way, _range)}");
        }

        private Task<FileTransferOutcome> ClaimAsync(int attempt, Guid agent, FileWay way)
        {
            var fault = way == FileWay.Relay ? "source_not_listening" : null;
            return _ledger.ClaimAsync(
                rig.Project, id, _device, new FileClaim(attempt, agent, IsReceiverThere: true, fault), long.MaxValue, default);
        }

        private async Task<FileTransferOutcome> SetWayAsync(int attempt, FileWay way, ByteRange? lacks) =>
            await service.Services.GetRequiredService<IStraightLedger>().SetWayAsync(
                (await _ledger.GetAsync(id, default))!, _requester, attempt, way, null, lacks is { } range ? [range] : null,
                long.MaxValue, default);

        private Task<FileTransferOutcome> RetryAsync(int attempt) =>
            _ledger.RetryAsync(rig.Project, id, _requester, attempt, long.MaxValue, isStraight: false, default);

        private Task<FileTransferOutcome> ChangeAsync(
            FileTransferAct act, Caller caller, int? attempt, Guid? claim = null, byte[]? hash = null) => _ledger.ChangeAsync(
            new FileTransferChange(rig.Project, id, caller, act)
            {
                Attempt = attempt,
                Claim = claim,
                Bytes = 0,
                Hash = hash,
                Code = "source_failed",
            },
            default);

        /// <summary>Makes the session, or completes the one that there is.</summary>
        private async Task<FileTransferOutcome> RelayAsync(Guid agent)
        {
            var (made, outcome) = await service.Services.GetRequiredService<RelayMaker>().MakeAsync(
                _device, id, agent, Relayed.Length, null, default);
            if (made is not { Ok: true } upload)
                return outcome;
            if (_relay is null)
                _relay = upload.Value.Upload.Id;
            else if (!_isWhole)
                await rig.SendAllAsync(_relay.Value.ToString(), Relayed);
            Assert.Equal(_relay, upload.Value.Upload.Id);
            return outcome;
        }

        private async Task<FileTransferOutcome> RelayEndsAsync()
        {
            if (_relay is not { } relay || _isWhole || random.Next(3) > 0)
                return Ok;
            Assert.True((await service.Services.GetRequiredService<UploadCatalog>().CancelAsync(_device, relay, default)).Ok);
            End(FileTransferStatus.Failed);
            return Ok;
        }

        private async Task<FileTransferOutcome> ExpireAsync()
        {
            await using var connection = new NpgsqlConnection(service.ConnectionString);
            await connection.ExecuteAsync("update chunkupload.file_transfers set expires_at = now() where id = @id", new { id });
            Assert.Null(await _ledger.ExpireAsync(id, default));
            return Ok;
        }

        private FileTransferOutcome SetWay(int attempt, FileWay way, ByteRange? lacks)
        {
            if (!IsOpen)
                return Ended;
            if (attempt != _attempt)
                return AttemptOver;
            // The receiver may have lost something: then another relay begins.
            var isShort = way == FileWay.Relay && _range is { } relayed
                && !(lacks is { } range && range.Offset >= relayed.Offset && range.End <= relayed.End);
            if (_status == FileTransferStatus.Pending || (way == _way && !isShort))
                return Ok;
            if (way == FileWay.Relay && (_relay is null || isShort))
                _range = lacks;
            if (isShort)
                (_relay, _isWhole, _wasMade) = (null, false, false);
            _way = way;
            return Ok;
        }

        private byte[] Relayed => _range is { } range ? Content[(int)range.Offset..(int)range.End] : Content;

        private FileTransferOutcome Sent(int attempt, Guid agent, byte[]? hash)
        {
            if (Said(attempt, agent) is var outcome && outcome != Ok)
                return outcome;
            if (hash is not null && _told is not null && hash != _told)
                return DigestMismatch;
            // The service knows itself that the relay has the whole file.
            if (_way != FileWay.Relay || _range is not null)
                _told ??= hash;
            return Ok;
        }

        private FileTransferOutcome Claim(int attempt, Guid agent, FileWay way)
        {
            if (!IsOpen)
                return Ended;
            if (_answer != FileAnswer.Approved)
                return NotApproved;
            if (attempt != _attempt)
                return AttemptOver;
            if (_status == FileTransferStatus.InProgress)
                return _claim == agent ? Ok : Claimed;
            (_status, _claim) = (FileTransferStatus.InProgress, agent);
            _way = way == FileWay.Relay ? FileWay.Relay : FileWay.Straight;
            return Ok;
        }

        private FileTransferOutcome Said(int attempt, Guid agent) =>
            attempt != _attempt ? AttemptOver
            : _status == FileTransferStatus.InProgress ? (_claim == agent ? Ok : Claimed)
            : !IsOpen ? Ended
            : _answer == FileAnswer.Approved ? Claimed : NotApproved;

        private FileTransferOutcome SourceFails(int attempt, Guid agent)
        {
            if (attempt != _attempt)
                return AttemptOver;
            if (_status == FileTransferStatus.InProgress && _claim != agent)
                return Claimed;
            if (!IsOpen)
                return _status == FileTransferStatus.Failed ? Ok : Ended;
            if (_answer != FileAnswer.Approved)
                return NotApproved;
            End(FileTransferStatus.Failed);
            return Ok;
        }

        private FileTransferOutcome ReceiverFails(int attempt)
        {
            if (attempt != _attempt)
                return AttemptOver;
            if (!IsOpen)
                return _status == FileTransferStatus.Failed ? Ok : Ended;
            End(FileTransferStatus.Failed);
            return Ok;
        }

        private FileTransferOutcome Complete(int attempt, byte[] hash)
        {
            if (attempt != _attempt)
                return AttemptOver;
            if (!IsOpen)
                return _status == FileTransferStatus.Completed && hash == _hash ? Ok : Ended;
            // The service does not see bytes that go straight: it knows only the digest that the source has sent.
            var known = _range is not null ? (_way != FileWay.Relay ? _told ?? hash : _isWhole ? _told : null)
                : _isWhole ? Right
                : _way != FileWay.Relay ? _told ?? hash : null;
            if (known is null)
                return NotSent;
            if (hash != known)
                return DigestMismatch;
            _hash = hash;
            End(FileTransferStatus.Completed);
            return Ok;
        }

        private FileTransferOutcome Cancel()
        {
            if (!IsOpen)
                return _status == FileTransferStatus.Cancelled ? Ok : Ended;
            End(FileTransferStatus.Cancelled);
            return Ok;
        }

        private FileTransferOutcome Retry(int attempt)
        {
            if (IsOpen && _attempt == attempt + 1)
                return Ok;
            if (_status != FileTransferStatus.Failed || attempt != _attempt)
                return NotFailed;
            if (_answer == FileAnswer.Declined)
                return DeclinedLately;
            (_status, _attempt, _way, _told) = (FileTransferStatus.Pending, _attempt + 1, FileWay.Relay, null);
            return Ok;
        }

        private FileTransferOutcome Approve()
        {
            if (_answer == FileAnswer.Approved)
                return Ok;
            if (_answer == FileAnswer.Declined)
                return Answered;
            if (!IsOpen)
                return Ended;
            _answer = FileAnswer.Approved;
            return Ok;
        }

        private FileTransferOutcome Decline()
        {
            if (_answer == FileAnswer.Declined)
                return Ok;
            if (_answer == FileAnswer.Approved)
                return Answered;
            if (!IsOpen)
                return Ended;
            _answer = FileAnswer.Declined;
            End(FileTransferStatus.Failed);
            return Ok;
        }

        private FileTransferOutcome Relay(Guid agent)
        {
            if (!IsOpen)
                return Ended;
            if (_status != FileTransferStatus.InProgress || _claim != agent)
                return Claimed;
            if (_way != FileWay.Relay)
                return StraightOnly;
            // The call has made it, or has completed the one that was there.
            _isWhole = _wasMade;
            _wasMade = true;
            return Ok;
        }

        private bool _wasMade;

        private FileTransferOutcome Expire()
        {
            if (IsOpen)
                End(FileTransferStatus.Failed);
            return Ok;
        }

        private void End(FileTransferStatus status) =>
            (_status, _claim, _relay, _range, _isWhole, _wasMade) = (status, null, null, null, false, false);
    }
}
