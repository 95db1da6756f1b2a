using System.Globalization;
using Sockmap.Bpf.Btf;

namespace Sockmap.Bpf.Loading;

/// <summary>Answers CO-RE relocations of one object from the BTF of one kernel.</summary>
/// <remarks>
/// The candidates are all kernel types of the same kind and name, flavours (<c>___x</c>) ignored; where the kernel's own
/// BTF has none, those of all its modules. All that match must give the same answer. The rules are libbpf's (src/relo_core.c).
/// </remarks>
internal sealed class CoreResolver
{
    private const int MaxPathLength = 64;

    private readonly BtfSpec _local;
    private readonly BtfSpec? _target;
    private readonly KernelModules? _modules;
    private readonly CoreBudget _budget;
    private readonly Dictionary<BtfSpec, CoreTypeRules> _rules = [];
    private readonly Dictionary<(uint TypeId, uint Access, CoreRelocationKind Kind), CoreFix> _known = [];

    public CoreResolver(BtfSpec local, BtfSpec? target, KernelModules? modules = null)
    {
        _local = local;
        _target = target;
        _modules = modules;
        _budget = new CoreBudget(local.Name);
    }

    private delegate BpfRelocationException FaultMaker(string missing, string reason);

    public CoreFix Resolve(CoreRelocation relocation, string programName)
    {
        (uint, uint, CoreRelocationKind) key = (relocation.TypeId, relocation.AccessOffset, relocation.Kind);
        if (!_known.TryGetValue(key, out CoreFix? fix))
        {
            fix = Find(relocation, (missing, reason) => new BpfRelocationException(programName, missing, reason));
            _known.Add(key, fix);
        }

        return fix;
    }

    private static string KindWords(CoreRelocationKind kind) => kind switch
    {
        CoreRelocationKind.FieldByteOffset => "offset of",
        CoreRelocationKind.FieldByteSize => "size of",
        CoreRelocationKind.FieldExists => "existence of",
        CoreRelocationKind.FieldSigned => "signedness of",
        CoreRelocationKind.FieldLeftShift or CoreRelocationKind.FieldRightShift => "bit position of",
        CoreRelocationKind.TypeIdLocal or CoreRelocationKind.TypeIdTarget => "type id of",
        CoreRelocationKind.TypeExists => "existence of",
        CoreRelocationKind.TypeSize => "size of",
        CoreRelocationKind.EnumValueExists => "existence of a value of",
        CoreRelocationKind.EnumValue => "a value of",
        CoreRelocationKind.TypeMatches => "match of",
        _ => "?",
    };

    private static bool IsTypeBased(CoreRelocationKind kind) => kind is CoreRelocationKind.TypeIdLocal or CoreRelocationKind.TypeIdTarget
        or CoreRelocationKind.TypeExists or CoreRelocationKind.TypeSize or CoreRelocationKind.TypeMatches;

    private static bool IsEnumBased(CoreRelocationKind kind) => kind is CoreRelocationKind.EnumValue or CoreRelocationKind.EnumValueExists;

    private static bool IsPlainUnsigned(BtfType type) => type.Kind == BtfKind.Int && (type.IntEncoding & 1) == 0;

    private CoreFix Find(CoreRelocation relocation, FaultMaker fault)
    {
        if (!Enum.IsDefined(relocation.Kind))
        {
            throw new BpfFormatException(_local.Name, $"it has a CO-RE relocation of the unknown kind {(uint)relocation.Kind}");
        }

        CoreAccess local = ParseLocal(relocation);
        string description = Describe(local, relocation.Kind);
        if (relocation.Kind == CoreRelocationKind.TypeIdLocal)
        {
            return new CoreFix(description) { Original = relocation.TypeId, New = relocation.TypeId, Validate = false };
        }

        BtfType root = _local.TypeById(relocation.TypeId);
        if (root.NameOffset == 0)
        {
            throw new BpfFormatException(_local.Name, $"it asks for the {description}, but a type without a name cannot be found in the kernel");
        }

        if (_target is null)
        {
            throw fault(description, $"the {description} is needed, but this kernel shows no BTF ({BtfSpec.KernelPath}, CONFIG_DEBUG_INFO_BTF)");
        }

        CoreAccess? found = null;
        CoreFix? fix = null;
        foreach ((BtfSpec target, BtfType candidate) in Candidates(root, _target))
        {
            _budget.Restart();
            CoreAccess? access = Match(local, relocation.Kind, target, candidate.Id);
            if (access is null)
            {
                continue;
            }

            CoreFix next = Calculate(relocation.Kind, local, access, description, fault);
            if (fix is not null && (access.BitOffset != found!.BitOffset || next.Poison != fix.Poison || next.New != fix.New))
            {
                throw fault(description, $"the kernel has more than one answer for the {description} ([{found.RootTypeId}] and [{access.RootTypeId}] in its BTF)");
            }

            if (fix is null)
            {
                (found, fix) = (access, next);
            }
        }

        return fix ?? Calculate(relocation.Kind, local, null, description, fault);
    }

    private IEnumerable<(BtfSpec Types, BtfType Type)> Candidates(BtfType root, BtfSpec kernel)
    {
        bool any = false;
        foreach (BtfType candidate in kernel.FindFlavours(root.Name).Where(c => CoreTypeRules.AreKindsCompatible(root, c)))
        {
            any = true;
            yield return (kernel, candidate);
        }

        if (any || _modules is null)
        {
            yield break;
        }

        foreach (ModuleType candidate in _modules.FindFlavours(root.Name).Where(c => CoreTypeRules.AreKindsCompatible(root, c.Type)))
        {
            yield return (candidate.Types, candidate.Type);
        }
    }

    private CoreTypeRules RulesFor(BtfSpec target)
    {
        if (!_rules.TryGetValue(target, out CoreTypeRules? rules))
        {
            rules = new CoreTypeRules(_local, target, _budget);
            _rules.Add(target, rules);
        }

        return rules;
    }

    private string Describe(CoreAccess local, CoreRelocationKind kind)
    {
        string what = $"{KindWords(kind)} {local}";
        if (!IsEnumBased(kind))
        {
            return what;
        }

        BtfType type = _local.TypeById(local.Last.TypeId);
        return $"{KindWords(kind)} {BtfType.KindWord(type.Kind)} {type.Name}, {_local.StringAt(type.GetEnumerator(local.Last.Index).NameOffset)}";
    }

    private CoreAccess ParseLocal(CoreRelocation relocation)
    {
        string text = _local.StringAt(relocation.AccessOffset);
        CoreAccess access = new(_local, relocation.TypeId);
        _ = _local.TypeById(relocation.TypeId);
        if (IsTypeBased(relocation.Kind))
        {
            return text == "0" ? access : throw BadPath(text, relocation);
        }

        string[] parts = text.Split(':', MaxPathLength + 1);
        if (parts.Length > MaxPathLength)
        {
            throw BadPath(text, relocation);
        }

        int[] steps = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out steps[i]))
            {
                throw BadPath(text, relocation);
            }
        }

        BtfType type = _local.Resolve(relocation.TypeId);
        if (IsEnumBased(relocation.Kind))
        {
            if (!type.IsEnum || steps.Length > 1 || steps[0] >= type.Count)
            {
                throw BadPath(text, relocation);
            }

            access.Path.Add(new CoreAccessor(type.Id, steps[0], 0));
            return access;
        }

        access.AddElement(type.Id, steps[0]);
        for (int i = 1; i < steps.Length; i++)
        {
            int step = steps[i];
            if (type.IsComposite && step < type.Count)
            {
                BtfMember member = type.GetMember(step);
                access.BitOffset += member.BitOffset;
                if (member.NameOffset != 0)
                {
                    access.Path.Add(new CoreAccessor(type.Id, step, member.NameOffset));
                }

                type = _local.Resolve(member.TypeId);
            }
            else if (type.Kind == BtfKind.Array && (step < type.Array.Count || access.IsFlexible(type.Array)))
            {
                type = _local.Resolve(type.Array.ElementTypeId);
                access.AddElement(type.Id, step);
            }
            else
            {
                throw BadPath(text, relocation);
            }
        }

        return access;
    }

    private BpfFormatException BadPath(string text, CoreRelocation relocation) => new(
        _local.Name,
        $"the CO-RE relocation of kind {relocation.Kind} for byte {relocation.InstructionOffset} has the access path '{text}', which does not fit {_local.TypeById(relocation.TypeId)}");

    /// <summary>Follows the local path in a candidate; null where the candidate does not have it.</summary>
    private CoreAccess? Match(CoreAccess local, CoreRelocationKind kind, BtfSpec target, uint targetId)
    {
        CoreAccess access = new(target, targetId);
        CoreTypeRules rules = RulesFor(target);
        if (IsTypeBased(kind))
        {
            bool same = kind == CoreRelocationKind.TypeMatches
                ? rules.DoTypesMatch(local.RootTypeId, targetId)
                : rules.AreTypesCompatible(local.RootTypeId, targetId);
            return same ? access : null;
        }

        BtfType type = target.Resolve(targetId);
        if (IsEnumBased(kind))
        {
            return MatchEnumerator(local, type, access) ? access : null;
        }

        for (int i = 0; i < local.Path.Count; i++)
        {
            CoreAccessor step = local.Path[i];
            if (step.IsField)
            {
                uint fieldTypeId = _local.TypeById(step.TypeId).GetMember(step.Index).TypeId;
                if (!FindField(access, type, step.NameOffset, 0, out BtfMember field)
                    || !rules.AreFieldsCompatible(fieldTypeId, field.TypeId))
                {
                    return null;
                }

                type = target.Resolve(field.TypeId);
                continue;
            }

            if (i > 0)
            {
                if (type.Kind != BtfKind.Array || (step.Index >= type.Array.Count && !access.IsFlexible(type.Array)))
                {
                    return null;
                }

                type = target.Resolve(type.Array.ElementTypeId);
            }

            access.AddElement(type.Id, step.Index);
        }

        return access;
    }

    private bool MatchEnumerator(CoreAccess local, BtfType target, CoreAccess access)
    {
        if (!target.IsEnum)
        {
            return false;
        }

        BtfType localType = _local.TypeById(local.Last.TypeId);
        ReadOnlySpan<byte> name = BtfSpec.EssentialName(_local.StringBytesAt(localType.GetEnumerator(local.Last.Index).NameOffset));
        for (int i = 0; i < target.Count; i++)
        {
            if (BtfSpec.EssentialName(access.Btf.StringBytesAt(target.GetEnumerator(i).NameOffset)).SequenceEqual(name))
            {
                access.Path.Add(new CoreAccessor(target.Id, i, 0));
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds a field by name, in anonymous structs and unions too, and goes there.</summary>
    private bool FindField(CoreAccess access, BtfType type, uint localName, int depth, out BtfMember field)
    {
        field = default;
        if (!type.IsComposite || depth == MaxPathLength)
        {
            return false;
        }

        ReadOnlySpan<byte> wanted = _local.StringBytesAt(localName);
        for (int i = 0; i < type.Count; i++)
        {
            _budget.Step();
            BtfMember member = type.GetMember(i);
            if (member.NameOffset == 0)
            {
                access.BitOffset += member.BitOffset;
                if (FindField(access, access.Btf.Resolve(member.TypeId), localName, depth + 1, out field))
                {
                    return true;
                }

                access.BitOffset -= member.BitOffset;
            }
            else if (access.Btf.StringBytesAt(member.NameOffset).SequenceEqual(wanted))
            {
                access.BitOffset += member.BitOffset;
                access.Path.Add(new CoreAccessor(type.Id, i, member.NameOffset));
                field = member;
                return true;
            }
        }

        return false;
    }

    private CoreFix Calculate(CoreRelocationKind kind, CoreAccess local, CoreAccess? target, string description, FaultMaker fault)
    {
        switch (kind)
        {
            case CoreRelocationKind.FieldExists or CoreRelocationKind.EnumValueExists or CoreRelocationKind.TypeExists or CoreRelocationKind.TypeMatches:
                return new CoreFix(description) { Original = 1, New = target is null ? 0UL : 1UL };
            case CoreRelocationKind.TypeIdTarget:
                return new CoreFix(description) { Original = local.RootTypeId, New = target?.RootTypeId ?? 0, Validate = false };
            case CoreRelocationKind.TypeSize:
                return new CoreFix(description)
                {
                    Original = _local.SizeOf(local.RootTypeId),
                    New = target is null ? 0 : target.Btf.SizeOf(target.RootTypeId),
                };
        }

        if (target is null)
        {
            return new CoreFix(description) { Poison = true };
        }

        if (kind == CoreRelocationKind.EnumValue)
        {
            BtfType localEnum = _local.TypeById(local.Last.TypeId);
            return new CoreFix(description)
            {
                Original = localEnum.GetEnumerator(local.Last.Index).Value,
                New = target.Btf.TypeById(target.Last.TypeId).GetEnumerator(target.Last.Index).Value,
                Is32Bit = localEnum.Kind == BtfKind.Enum,
            };
        }

        CoreField from = Measure(kind, local, description, fault);
        CoreField to = Measure(kind, target, description, fault);
        bool isUnsafe = from.AccessSize != to.AccessSize
            && !(from.Type.Kind == BtfKind.Pointer && to.Type.Kind == BtfKind.Pointer)
            && !(IsPlainUnsigned(from.Type) && IsPlainUnsigned(to.Type));
        return new CoreFix(description)
        {
            Original = from.Value,
            New = to.Value,
            Validate = from.IsSure,
            OriginalSize = from.AccessSize,
            NewSize = to.AccessSize,
            SizeIsUnsafe = isUnsafe,
        };
    }

    private static CoreField Measure(CoreRelocationKind kind, CoreAccess access, string description, FaultMaker fault)
    {
        BtfSpec btf = access.Btf;
        CoreAccessor last = access.Last;
        BtfType type = btf.TypeById(last.TypeId);
        if (!last.IsField)
        {
            return kind switch
            {
                CoreRelocationKind.FieldByteOffset => new CoreField((ulong)(access.BitOffset / 8), ElementSize(btf, type.Id), type, true),
                CoreRelocationKind.FieldByteSize => new CoreField(btf.SizeOf(type.Id), 0, type, true),
                _ => throw fault(description, $"the {description} is asked of an array element, which is possible for fields only"),
            };
        }

        BtfMember member = type.GetMember(last.Index);
        BtfType field = btf.Resolve(member.TypeId);
        long bitOffset = access.BitOffset;
        long bitSize = member.BitSize;
        long byteSize;
        long byteOffset;
        bool isBitField = bitSize > 0;
        if (isBitField)
        {
            byteSize = Math.Max(1, btf.SizeOf(field.Id));
            byteOffset = bitOffset / 8 / byteSize * byteSize;

            // The smallest aligned load that holds all of its bits.
            while (bitOffset + bitSize - (byteOffset * 8) > byteSize * 8)
            {
                if (byteSize >= 8)
                {
                    throw fault(description, $"the {description} cannot be read with one 64-bit load");
                }

                byteSize *= 2;
                byteOffset = bitOffset / 8 / byteSize * byteSize;
            }
        }
        else
        {
            byteSize = btf.SizeOf(field.Id);
            byteOffset = bitOffset / 8;
            bitSize = byteSize * 8;
        }

        // Compilers may place the load of a bit field elsewhere, so that their number proves nothing.
        return kind switch
        {
            CoreRelocationKind.FieldByteOffset => new CoreField((ulong)byteOffset, isBitField ? 0 : ElementSize(btf, field.Id), field, !isBitField),
            CoreRelocationKind.FieldByteSize => new CoreField((ulong)byteSize, 0, field, !isBitField),
            CoreRelocationKind.FieldSigned => new CoreField(field.IsSigned ? 1UL : 0UL, 0, field, true),
            CoreRelocationKind.FieldLeftShift => new CoreField(unchecked((ulong)(64 - (bitOffset + bitSize - (byteOffset * 8)))), 0, field, !isBitField),
            _ => new CoreField(unchecked((ulong)(64 - bitSize)), 0, field, true),
        };
    }

    /// <summary>What one load of an array field reads: an element, not the whole.</summary>
    private static uint ElementSize(BtfSpec btf, uint typeId)
    {
        BtfType type = btf.Resolve(typeId);
        for (int depth = 0; type.Kind == BtfKind.Array && depth < MaxPathLength; depth++)
        {
            type = btf.Resolve(type.Array.ElementTypeId);
        }

        return btf.SizeOf(type.Id);
    }

    private readonly record struct CoreField(ulong Value, uint AccessSize, BtfType Type, bool IsSure);
}
